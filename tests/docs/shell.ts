import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from '../support/until.ts';

const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) killGroup(child);
});

type Background = { output: () => string; stop: () => Promise<void> };

/** A program with a process group of its own, so that whatever it starts ends with it. */
export function startProgram(
  command: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
): Background & { child: ChildProcess } {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...withoutSettings(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  started.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  child.stdin.on('error', () => undefined);
  return {
    child,
    output: () => output,
    stop: async () => {
      const ended = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit');
      killGroup(child);
      await ended;
      started.delete(child);
    },
  };
}

/** A terminal with bash: blocks are typed one after another, and keep their variables and background jobs. */
export function openShell(options: { cwd: string; env?: Record<string, string> }) {
  const program = startProgram('bash', ['--noprofile', '--norc'], options);
  let count = 0;
  const type = (text: string): void => void program.child.stdin?.write(text);
  // A command that fails or an answer that is a problem is remembered, and fails its block.
  type(`set -o pipefail; set -E; FAILED=\ncurl() { command curl --fail-with-body --max-time 60 "$@"; }\n`);
  return {
    ...program,
    /** Runs a block and gives what was printed meanwhile. */
    async run(block: string): Promise<string> {
      count += 1;
      const mark = `end of block ${count}:`;
      const from = program.output().length;
      type(`trap 'FAILED="$FAILED line $LINENO"' ERR\n${block}\ntrap - ERR\necho; echo "${mark}$FAILED."; FAILED=\n`);
      const ending = new RegExp(`^${mark}(.*)\\.$`, 'm');
      await until(`the shell to finish:\n${block}`, () => ending.test(program.output().slice(from)), {
        deadlineMs: 90_000,
      });
      const printed = program.output().slice(from);
      const failed = ending.exec(printed)?.[1];
      if (failed !== '') throw new Error(`failed:\n${block}\nprinted:\n${printed}`);
      return printed.replace(ending, '').trimEnd();
    },
  };
}

export function isOnThisMachine(program: string): boolean {
  return spawnSync('which', [program], { stdio: 'ignore' }).status === 0;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended already.
  }
}

function withoutSettings(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(POSTHORN_|DATABASE_URL$|HTTPS?_PROXY$|https?_proxy$|PORT$|HOST$|NODE_OPTIONS$|VITEST|NODE_ENV$|FORCE_COLOR$)/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])), NO_COLOR: '1' };
}
