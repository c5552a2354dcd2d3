import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DrillNode, Stage } from '../stage.ts';
import { commandsOf } from './page-blocks.rules.ts';

/** A terminal of somebody who reads a page, in a folder that is like theirs. */
export type PageShell = {
  /** Types a block. It went well when none of its commands failed; `printed` may hold secrets. */
  run(block: string): Promise<{ ok: boolean; printed: string }>;
  /** Everything that was printed so far, by what runs in the background too. */
  output(): string;
};

const release = new URL('../../../', import.meta.url);
const cli = fileURLToPath(new URL(`../../cli/posthorn${extname(import.meta.url)}`, import.meta.url));
const blockWithinMs = 120_000;
/** Where programs are; the gateway's own environment is not handed on. */
const programs = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin'];
const [ownUrl, inboxPort, providerPort] = ['http://127.0.0.1:8420', '8421', '8500'];

/** A page of this release, such as `docs/api.md`. @throws when the release came without it */
export async function readPage(path: string): Promise<string> {
  return readFile(new URL(path, release), 'utf8').catch(() => {
    throw new Error(`this release came without ${path}`);
  });
}

/**
 * Opens a terminal as the quickstart has one, with its first block typed, and ends it with all that was started in it.
 * Addresses of the pages become those of the drill; nothing else of a block is another.
 */
export async function withPageShell<Value>(
  stage: Stage,
  node: DrillNode,
  use: (shell: PageShell) => Promise<Value>,
): Promise<Value> {
  const [setUp] = commandsOf(await readPage('README.md'), 'quickstart');
  if (setUp === undefined) throw new Error('README.md has no quickstart');
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-page-'));
  const child = spawn('bash', ['--noprofile', '--norc'], {
    cwd: folder,
    env: { PATH: programs.join(':'), HOME: folder, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that whatever is started in it ends with it.
    detached: true,
  });
  // Whoever ends the gateway ends it too.
  const onExit = (): void => endGroup(child);
  process.on('exit', onExit);
  try {
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'operator-key'), `${node.operatorKey}\n`);
    await chmod(join(folder, 'data', 'operator-key'), 0o600);
    const shell = await openShell(stage, child, await translation(node));
    await shell.run(setUp);
    return await use(shell);
  } finally {
    process.off('exit', onExit);
    const ended = child.exitCode === null && child.signalCode === null && child.pid !== undefined;
    const over = ended ? once(child, 'exit') : null;
    endGroup(child);
    await over;
    await rm(folder, { recursive: true, force: true });
  }
}

async function openShell(stage: Stage, child: ChildProcess, translate: (text: string) => string): Promise<PageShell> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin?.on('error', () => undefined);
  let failure: Error | null = null;
  child.on('error', (error) => (failure = error));
  const type = (text: string): void => void child.stdin?.write(text);
  type('set -o pipefail; set -E; FAILED=\ncurl() { command curl --fail-with-body --max-time 60 "$@"; }\n');
  await stage.pause(0);
  return {
    output: () => output,
    async run(block) {
      const mark = `end-${randomBytes(8).toString('hex')}`;
      const from = output.length;
      type(`trap 'FAILED=yes' ERR\n${translate(block)}\ntrap - ERR\necho; echo "${mark}:$FAILED."; FAILED=\n`);
      const ending = new RegExp(`^${mark}:(.*)\\.$`, 'm');
      const end = await stage.until(() => {
        if (failure !== null) throw new Error('bash cannot be run here', { cause: failure });
        return Promise.resolve(ending.exec(output.slice(from)));
      }, blockWithinMs);
      return { ok: end?.[1] === '', printed: output.slice(from).replace(ending, '').trimEnd() };
    },
  };
}

/** Addresses and ports that are free here, and the very program that runs. */
async function translation(node: DrillNode): Promise<(text: string) => string> {
  const [inbox, provider] = [String(await freePort()), String(await freePort())];
  const quoted = `'${process.execPath}' '${cli}'`;
  return (text) =>
    text
      .replaceAll(ownUrl, node.url)
      .replaceAll(inboxPort, inbox)
      .replaceAll(providerPort, provider)
      .replaceAll('npx node src/cli/posthorn.ts', quoted);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended already.
  }
}
