import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { findServerProcesses, signalAndWait } from '../../src/database/embedded/server-processes.ts';
import { until } from './until.ts';

export const operatorKey = 'test-operator-key-0123456789abcdef0123456789abcdef';
const root = join(import.meta.dirname, '../..');

/** A real Posthorn: `posthorn up` in a process of its own. */
export type PosthornProcess = {
  readonly pid: number;
  /** Known once it listens. */
  readonly url: string;
  /** Everything it wrote, standard output and error. */
  output(): string;
  running(): boolean;
  /** Milliseconds from the start of the process to `/readyz` answering 200. */
  readonly readyAfterMs: number;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
  readonly ended: Promise<Ending>;
};
export type Ending = { code: number | null; signal: NodeJS.Signals | null };

export type StartOptions = {
  dataFolder: string;
  env?: Record<string, string>;
  /** A shell command put before `node`, such as `ulimit -n 100`. */
  before?: string;
  /** False: do not wait for `/readyz`, only until it listens. */
  awaitReady?: boolean;
  deadlineMs?: number;
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts Posthorn on a free port and waits until it is ready.
 * @throws EarlyEnd when the process ends first, an Error with its output when it does not come up in time
 */
export async function startPosthorn(options: StartOptions): Promise<PosthornProcess> {
  const startedAtMs = performance.now();
  const { dataFolder, before, awaitReady = true, deadlineMs = 60_000 } = options;
  const command = [process.execPath, 'src/cli/posthorn.ts', 'up'];
  const [program, ...args] =
    before === undefined ? command : ['/bin/sh', '-c', `${before}; exec "$@"`, 'sh', ...command];
  const child = spawn(program as string, args, {
    cwd: root,
    env: environment({ PORT: '0', POSTHORN_DATA: dataFolder, POSTHORN_OPERATOR_KEY: operatorKey, ...options.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let ending: Ending | null = null;
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      ending = { code, signal };
      resolve(ending);
    });
  });
  const refuseEnd = (): void => {
    if (ending !== null) throw new EarlyEnd(ending, output);
  };

  try {
    let url = '';
    await waitFor('Posthorn to listen', deadlineMs, () => {
      refuseEnd();
      url = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(output)?.[0] ?? '';
      return url !== '';
    });
    if (awaitReady) {
      await waitFor('Posthorn to be ready', deadlineMs, async () => {
        refuseEnd();
        return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
      });
    }
    return {
      pid: child.pid as number,
      url,
      output: () => output,
      running: () => ending === null,
      readyAfterMs: performance.now() - startedAtMs,
      end(signal) {
        child.kill(signal);
        return ended;
      },
      ended,
    };
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    if (error instanceof EarlyEnd) throw error;
    throw new Error(`Posthorn did not come up:\n${output.slice(-4000)}`, { cause: error });
  }
}

/** The process ended before it was ready. */
export class EarlyEnd extends Error {
  readonly ending: Ending;

  constructor(ending: Ending, output: string) {
    super(`Posthorn ended early (${ending.signal ?? `exit code ${ending.code}`}):\n${output.slice(-4000)}`);
    this.ending = ending;
  }
}

async function waitFor(what: string, deadlineMs: number, look: () => boolean | Promise<boolean>): Promise<void> {
  let early: EarlyEnd | null = null;
  await until(
    what,
    async () => {
      try {
        return await look();
      } catch (error) {
        if (error instanceof EarlyEnd) early = error;
        else throw error;
        return true;
      }
    },
    { deadlineMs },
  );
  if (early !== null) throw early as EarlyEnd;
}

/** Ours without the variables that would make the process another one than the test meant. */
function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(POSTHORN_|DATABASE_URL$|HTTPS_PROXY$|https_proxy$|PORT$|HOST$|NODE_OPTIONS$|VITEST|NODE_ENV$)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

/** Kills what a killed Posthorn left running on its folder. */
export async function killDatabaseOf(dataFolder: string): Promise<void> {
  const folder = join(dataFolder, 'postgres');
  const pids = await findServerProcesses(folder);
  if (pids.length > 0) await signalAndWait({ folder, pids, signal: 'SIGKILL', deadlineMs: 20_000 });
}
