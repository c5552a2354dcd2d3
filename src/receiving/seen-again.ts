import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { addSightings, type Sighting } from './seen-again.store.ts';

/** Counts duplicates of events in memory and writes them down a second later; nothing while nothing comes. */
export type SeenAgain = {
  note(teamId: string, eventId: string, count?: number): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

const writeEveryMs = 1_000;
const writeAgainMs = 5_000;
const mostEvents = 100_000;

export function createSeenAgain(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): SeenAgain {
  let waiting = new Map<string, Sighting>();
  let timer: { cancel(): void } | null = null;
  let writing: Promise<void> | null = null;
  let stopped = false;

  const later = (delayMs: number): void => {
    if (timer !== null || writing !== null || stopped) return;
    timer = options.timers.after(delayMs, () => {
      timer = null;
      void write();
    });
  };

  const write = (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    writing = addSightings(options.database, [...batch.values()])
      .then(
        () => writeEveryMs,
        (error: unknown) => {
          options.onError(error);
          for (const sighting of batch.values()) add(sighting);
          return writeAgainMs;
        },
      )
      .then((nextMs) => {
        writing = null;
        if (waiting.size > 0) later(nextMs);
      });
    return writing;
  };

  const add = (sighting: Sighting): void => {
    const known = waiting.get(sighting.eventId);
    if (known !== undefined) {
      known.count += sighting.count;
      known.lastAtMs = Math.max(known.lastAtMs, sighting.lastAtMs);
    } else if (waiting.size < mostEvents) waiting.set(sighting.eventId, sighting);
  };

  return {
    note(teamId, eventId, count = 1) {
      add({ teamId, eventId, count, lastAtMs: options.clock.now() });
      later(writeEveryMs);
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await writing;
      if (waiting.size > 0) await write();
    },
  };
}
