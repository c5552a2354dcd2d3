import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { createDelayedWriter } from '../database/delayed-writer.ts';
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

const hourInMs = 3_600_000;
/** Keys that are remembered at most: beyond them some are written more than once in an hour. */
const mostRemembered = 50_000;

export function createApiKeyUse(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): ApiKeyUse {
  const { clock } = options;
  const notedMs = new Map<string, number>();
  let waiting = new Map<string, KeyUse>();
  const writer = createDelayedWriter({
    timers: options.timers,
    isEmpty: () => waiting.size === 0,
    take() {
      const taken = waiting;
      waiting = new Map();
      return taken;
    },
    write: (taken) => writeKeyUses(options.database, [...taken.values()]),
    putBack(taken) {
      waiting = new Map([...taken, ...waiting]);
    },
    onError: options.onError,
  });

  return {
    used({ teamId, apiKeyId }) {
      const usedMs = clock.now();
      const known = notedMs.get(apiKeyId);
      if (known !== undefined && usedMs - known < hourInMs) return;
      if (notedMs.size >= mostRemembered) notedMs.clear();
      notedMs.set(apiKeyId, usedMs);
      waiting.set(apiKeyId, { teamId, apiKeyId, usedMs });
      writer.came();
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
