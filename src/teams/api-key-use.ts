import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { type KeyUse, writeKeyUses } from './api-key-use.store.ts';

/**
 * When keys were used last, so that those that nobody uses can be found: to the hour, because the first use within an
 * hour is written and no other. All that came within a second are one statement; an outage of the database is sat out.
 */
export type ApiKeyUse = {
  /** Costs a look into a map but for the first time in an hour. */
  used(key: { teamId: string; apiKeyId: string }): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

const writeEveryMs = 1_000;
const longestWaitMs = 30_000;
const hourInMs = 3_600_000;
/** Keys that are remembered at most: beyond them some are written more than once in an hour. */
const mostRemembered = 50_000;

export function createApiKeyUse(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): ApiKeyUse {
  const { clock, timers } = options;
  const notedMs = new Map<string, number>();
  let waiting = new Map<string, KeyUse>();
  let timer: { cancel(): void } | null = null;
  let writing: Promise<void> | null = null;
  let running = false;
  let waitMs = writeEveryMs;

  const schedule = (): void => {
    if (!running || timer !== null || writing !== null || waiting.size === 0) return;
    timer = timers.after(waitMs, () => {
      timer = null;
      void flush();
    });
  };

  const flush = (): Promise<void> => {
    const taken = waiting;
    waiting = new Map();
    writing = writeKeyUses(options.database, [...taken.values()])
      .then(
        () => {
          waitMs = writeEveryMs;
        },
        (error: unknown) => {
          options.onError(error);
          waiting = new Map([...taken, ...waiting]);
          waitMs = Math.min(waitMs * 2, longestWaitMs);
        },
      )
      .finally(() => {
        writing = null;
        schedule();
      });
    return writing;
  };

  return {
    used({ teamId, apiKeyId }) {
      const usedMs = clock.now();
      const known = notedMs.get(apiKeyId);
      if (known !== undefined && usedMs - known < hourInMs) return;
      if (notedMs.size >= mostRemembered) notedMs.clear();
      notedMs.set(apiKeyId, usedMs);
      waiting.set(apiKeyId, { teamId, apiKeyId, usedMs });
      schedule();
    },
    start() {
      running = true;
      schedule();
    },
    async stop() {
      running = false;
      timer?.cancel();
      timer = null;
      await writing;
      if (waiting.size > 0) await flush();
    },
  };
}
