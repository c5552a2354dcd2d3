import type { Timers } from '../clock.ts';
import { createDelayedWriter } from './delayed-writer.ts';

/** Counts in memory, and writes what came a second later in one statement; nothing while nothing comes. */
type TallyWriter<Tally> = {
  add(tally: Tally): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

/**
 * Tallies by key, over a delayed writer: a write that failed, or whose outcome is unknown, is counted in again with what
 * came meanwhile.
 * @param options.merge counts a tally into the one of its key that is there.
 * @param options.mostKept keys that are kept in memory at most; what comes beyond them is not counted.
 */
export function createTallyWriter<Tally>(options: {
  timers: Timers;
  keyOf: (tally: Tally) => string;
  merge: (known: Tally, tally: Tally) => void;
  mostKept?: number;
  write: (tallies: readonly Tally[]) => Promise<void>;
  onError: (error: unknown) => void;
}): TallyWriter<Tally> {
  const { timers, keyOf, merge, mostKept = Number.POSITIVE_INFINITY, write, onError } = options;
  let tallies = new Map<string, Tally>();

  const add = (tally: Tally): void => {
    const key = keyOf(tally);
    const known = tallies.get(key);
    if (known !== undefined) merge(known, tally);
    else if (tallies.size < mostKept) {
      tallies.set(key, tally);
      writer.came();
    }
  };

  const writer = createDelayedWriter({
    timers,
    isEmpty: () => tallies.size === 0,
    take() {
      const taken = [...tallies.values()];
      tallies = new Map();
      return taken;
    },
    write,
    putBack: (taken) => taken.forEach(add),
    onError,
  });

  return { add, start: () => writer.start(), stop: () => writer.stop() };
}
