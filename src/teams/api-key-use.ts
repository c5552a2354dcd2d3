import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { createTallyWriter } from '../database/tally-writer.ts';
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
  const writer = createTallyWriter<KeyUse>({
    timers: options.timers,
    keyOf: ({ apiKeyId }) => apiKeyId,
    merge(known, { usedMs }) {
      known.usedMs = Math.max(known.usedMs, usedMs);
    },
    write: (uses) => writeKeyUses(options.database, uses),
    onError: options.onError,
  });

  return {
    used({ teamId, apiKeyId }) {
      const usedMs = clock.now();
      const known = notedMs.get(apiKeyId);
      if (known !== undefined && usedMs - known < hourInMs) return;
      if (notedMs.size >= mostRemembered) notedMs.clear();
      notedMs.set(apiKeyId, usedMs);
      writer.add({ teamId, apiKeyId, usedMs });
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
