import { setTimeout as delay } from 'node:timers/promises';
import { countFailure, restartDelayMs } from './restart-backoff.rules.ts';
import type { ServerLog } from './server-log.ts';
import { type ServerProcess, shutDownServer } from './server-process.ts';

export type SupervisedServer = { pid(): number | undefined; stop(): Promise<void> };

/**
 * Starts the server, and starts it again, for ever and ever more patiently, whenever it ends by itself. The first
 * start rejects on failure. `now` is a monotonic clock in milliseconds.
 */
export async function superviseServer(input: {
  launch: () => Promise<ServerProcess>;
  ready: (server: ServerProcess, signal: AbortSignal) => Promise<void>;
  onRestart: () => void;
  log: ServerLog;
  now: () => number;
}): Promise<SupervisedServer> {
  const { log, now } = input;
  const stopping = new AbortController();
  let current: ServerProcess | undefined;
  let failures = 0;
  let recovering = Promise.resolve();

  async function bringUp(): Promise<void> {
    const server = await input.launch();
    current = server;
    try {
      await input.ready(server, stopping.signal);
    } catch (error) {
      await shutDownServer(server, log);
      throw error;
    }
    const readyAt = now();
    void server.exited.then(({ reason }) => {
      current = undefined;
      if (stopping.signal.aborted) return;
      failures = countFailure(failures, now() - readyAt);
      log.error({ reason }, 'PostgreSQL ended unexpectedly; starting it again');
      recovering = recover();
    });
  }

  async function recover(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await delay(restartDelayMs(failures), undefined, { signal: stopping.signal });
        await bringUp();
        if (stopping.signal.aborted) return;
        log.warn({ pid: current?.pid }, 'PostgreSQL is running again');
        input.onRestart();
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures = countFailure(failures, 0);
        log.error({ err: error }, 'PostgreSQL could not be started again; trying once more');
      }
    }
  }

  await bringUp();
  return {
    pid: () => (current?.hasExited() === false ? current.pid : undefined),
    async stop() {
      stopping.abort();
      if (current) await shutDownServer(current, log);
      await recovering;
      // A restart that was already under way may have brought one more up.
      if (current) await shutDownServer(current, log);
    },
  };
}
