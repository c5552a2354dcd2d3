import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { createDelayedWriter } from '../database/delayed-writer.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { addBrought, type BroughtTally } from './brought-credential.store.ts';

/** A call whose caller came with a credential of a provider; which one is not kept. */
type BroughtByCall = Pick<BroughtTally, 'teamId' | 'connectionId' | 'kind'> & { callId: string };

/** Counts such calls in memory, and writes what came a second later in one statement; nothing while nothing comes. */
export type BroughtCredentials = {
  brought(call: BroughtByCall): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

const dayInMs = 86_400_000;
/** Connections and days that are kept in memory at most; what comes beyond them is not counted. */
const mostKept = 20_000;

export function createBroughtCredentials(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): BroughtCredentials {
  let tallies = new Map<string, BroughtTally>();

  const add = (tally: BroughtTally): void => {
    const key = `${tally.connectionId} ${tally.dayMs} ${tally.kind}`;
    const known = tallies.get(key);
    if (known !== undefined) {
      const newer = tally.lastMs >= known.lastMs ? tally : known;
      known.calls += tally.calls;
      known.lastCallId = newer.lastCallId;
      known.lastMs = newer.lastMs;
    } else if (tallies.size < mostKept) {
      tallies.set(key, tally);
      writer.came();
    }
  };

  const writer = createDelayedWriter({
    timers: options.timers,
    isEmpty: () => tallies.size === 0,
    take() {
      const taken = [...tallies.values()];
      tallies = new Map();
      return taken;
    },
    write: (taken) => addBrought(options.database, taken),
    putBack: (taken) => taken.forEach(add),
    onError: options.onError,
  });

  return {
    brought({ callId, ...of }) {
      const nowMs = options.clock.now();
      add({ ...of, dayMs: Math.floor(nowMs / dayInMs) * dayInMs, calls: 1, lastMs: nowMs, lastCallId: callId });
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
