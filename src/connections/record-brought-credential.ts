import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { createTallyWriter } from '../database/tally-writer.ts';
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
  const writer = createTallyWriter<BroughtTally>({
    timers: options.timers,
    keyOf: ({ connectionId, dayMs, kind }) => `${connectionId} ${dayMs} ${kind}`,
    merge(known, tally) {
      const newer = tally.lastMs >= known.lastMs ? tally : known;
      known.calls += tally.calls;
      known.lastCallId = newer.lastCallId;
      known.lastMs = newer.lastMs;
    },
    mostKept,
    write: (tallies) => addBrought(options.database, tallies),
    onError: options.onError,
  });

  return {
    brought({ callId, ...of }) {
      const nowMs = options.clock.now();
      writer.add({ ...of, dayMs: Math.floor(nowMs / dayInMs) * dayInMs, calls: 1, lastMs: nowMs, lastCallId: callId });
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
