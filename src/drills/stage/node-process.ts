import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { killOn } from './drill-folder.ts';

/** `posthorn up` of this very release, in a process of its own, one life after another on the same folder. */
export type NodeProcess = {
  pid(): number;
  url(): string;
  output(): string;
  /** Resolves when it listens, and with `ready` when `/readyz` answers 200. @throws when it ends first, or not in time */
  start(environment: Readonly<Record<string, string>>, ready: boolean): Promise<void>;
  /** Answers the exit code, null when a signal ended it; null too when it does not run. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  memoryBytes(): number;
};

const entry = fileURLToPath(new URL(`../../cli/posthorn${extname(import.meta.url)}`, import.meta.url));
const deadlineMs = 90_000;
const mostOutput = 64 * 1024 * 1024;

/** Children of drills, and the folders they work on. */
const living = new Map<ChildProcess, string>();
process.on('exit', () => {
  for (const [child, folder] of living) {
    child.kill('SIGKILL');
    killOn(folder);
  }
});

/** @param signal when it is raised, nothing is waited for any more. */
export function createNodeProcess(folder: string, signal: AbortSignal): NodeProcess {
  let child: ChildProcess | null = null;
  let exited: Promise<number | null> = Promise.resolve(null);
  let url = '';
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-mostOutput);
  };

  const launch = (environment: Readonly<Record<string, string>>): ChildProcess => {
    const started = spawn(process.execPath, [entry, 'up', '--data', folder], {
      // Where no .env of the gateway lies.
      cwd: folder,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    living.set(started, folder);
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    exited = new Promise((resolve) => {
      const over = (code: number | null): void => {
        living.delete(started);
        if (child === started) child = null;
        resolve(code);
      };
      started.once('exit', over);
      started.once('error', () => over(null));
    });
    return started;
  };

  return {
    pid: () => child?.pid ?? 0,
    url: () => url,
    output: () => output,
    async start(environment, ready) {
      signal.throwIfAborted();
      const before = output.length;
      child = launch(environment);
      const deadline = performance.now() + deadlineMs;
      const look = async (): Promise<boolean> => {
        url = /^\s+API\s+(http:\/\/\S+)/m.exec(output.slice(before))?.[1] ?? '';
        return url !== '' && (!ready || (await isReady(url)));
      };
      while (!(await look())) {
        if (child === null) throw new Error(`a second gateway did not start: ${lastLine(output.slice(before))}`);
        if (performance.now() > deadline) throw new Error(`a second gateway was not ready in ${deadlineMs / 1000} s`);
        await delay(25, undefined, { signal });
      }
    },
    async end(name) {
      child?.kill(name);
      return exited;
    },
    signal(name) {
      child?.kill(name);
    },
    memoryBytes: () => memoryOf(child?.pid ?? 0),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(0, 500) ?? 'it said nothing';
}

/** Resident memory; 0 when it does not run. */
function memoryOf(pid: number): number {
  try {
    if (process.platform === 'linux') {
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    }
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) * 1024;
  } catch {
    return 0;
  }
}
