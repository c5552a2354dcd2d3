import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { addSightings, type Sighting } from './seen-again.store.ts';

/**
 * Counts duplicates of events in memory and writes them down a second later; nothing while nothing comes. A write whose
 * outcome is unknown is made again as it was, and counts once.
 */
export type SeenAgain = {
  note(teamId: string, eventId: string, count?: number): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

const writeEveryMs = 1_000;
const longestWaitMs = 15_000;
const mostEvents = 100_000;

export function createSeenAgain(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): SeenAgain {
  let waiting = new Map<string, Sighting>();
  /** What was handed to the database and is not known to be written. */
  let doubtful: { write: string; sightings: Sighting[] } | null = null;
  let timer: { cancel(): void } | null = null;
  let writing: Promise<void> | null = null;
  let waitMs = writeEveryMs;
  let stopped = false;

  const schedule = (): void => {
    if (timer !== null || writing !== null || stopped || (waiting.size === 0 && doubtful === null)) return;
    timer = options.timers.after(waitMs, () => {
      timer = null;
      void write();
    });
  };

  const writeNext = async (): Promise<void> => {
    if (doubtful === null) {
      doubtful = { write: randomUUID(), sightings: [...waiting.values()] };
      waiting = new Map();
    }
    try {
      await addSightings(options.database, doubtful.write, doubtful.sightings);
      doubtful = null;
      waitMs = writeEveryMs;
    } catch (error) {
      options.onError(error);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  };

  const write = (): Promise<void> => {
    writing = writeNext().finally(() => {
      writing = null;
      schedule();
    });
    return writing;
  };

  return {
    note(teamId, eventId, count = 1) {
      const lastAtMs = options.clock.now();
      const known = waiting.get(eventId);
      if (known !== undefined) {
        known.count += count;
        known.lastAtMs = Math.max(known.lastAtMs, lastAtMs);
      } else if (waiting.size < mostEvents) waiting.set(eventId, { teamId, eventId, count, lastAtMs });
      schedule();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await writing;
      if (doubtful !== null) await writeNext();
      if (doubtful === null && waiting.size > 0) await writeNext();
    },
  };
}
