import { spawn } from 'node:child_process';
import { forwardServerLog, type ServerLog } from './server-log.ts';
import { binaryUnusable, spawnOptions } from './server-spawn.ts';
import type { ServerUser } from './server-user.rules.ts';

/** One run of the server. `exited` never rejects; `lastLines` is what it said last, for an error message. */
export type ServerProcess = {
  pid: number;
  exited: Promise<{ reason: string }>;
  hasExited(): boolean;
  signal(name: NodeJS.Signals): void;
  lastLines(): Promise<string>;
};

/** Starts the server in a process group of its own: a terminal's Ctrl-C must reach Posthorn alone, which then stops it. */
export async function launchServer(input: {
  command: string;
  args: string[];
  user: ServerUser;
  log: ServerLog;
}): Promise<ServerProcess> {
  const child = spawn(input.command, input.args, {
    ...spawnOptions(input.user),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let gone = false;
  const exited = new Promise<{ reason: string }>((resolve) => {
    // Not 'close': workers that outlive a killed server keep its stderr open.
    child.once('exit', (code, signal) => {
      gone = true;
      resolve({ reason: signal ? `signal ${signal}` : `exit code ${code}` });
    });
  });
  const drained = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const lastLines = child.stderr ? forwardServerLog(child.stderr, input.log) : () => '';
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(binaryUnusable(input.command, error.message, error)));
  });
  // A failed kill also emits 'error'; the exit is what counts.
  child.on('error', () => {});
  return {
    pid: child.pid ?? 0,
    exited,
    hasExited: () => gone,
    signal: (name) => {
      if (!gone) child.kill(name);
    },
    async lastLines() {
      await settlesWithin(drained, 1_000);
      return lastLines();
    },
  };
}

/** Fast shutdown (SIGINT: sessions are ended, a checkpoint is written), then an immediate one, then the hard end. */
export async function shutDownServer(server: ServerProcess, log: ServerLog): Promise<void> {
  const steps = [
    { signal: 'SIGINT', waitMs: 30_000 },
    { signal: 'SIGQUIT', waitMs: 10_000 },
    { signal: 'SIGKILL', waitMs: 10_000 },
  ] as const;
  for (const { signal, waitMs } of steps) {
    if (signal !== 'SIGINT') log.warn({ pid: server.pid }, `PostgreSQL has not stopped yet: sending ${signal}`);
    server.signal(signal);
    if (await settlesWithin(server.exited, waitMs)) return;
  }
}

async function settlesWithin(event: Promise<unknown>, waitMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), waitMs);
  const ended = await Promise.race([event.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}
