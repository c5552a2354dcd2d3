import type { Timers } from './clock.ts';
import { inTime } from './patience.ts';

/** Something that was started and has to end. */
export type CleanUp = {
  /** Named in the log when it does not end. */
  what: string;
  /** `withinMs` is what it may take; it is left behind afterwards. */
  stop: (withinMs: number) => Promise<unknown>;
  /** Less than whatever is left: for what rarely takes long and others should not wait for. */
  atMostMs?: number;
};

/** What each has to itself, whatever those before it took. */
const ownShareMs = 1_000;

/**
 * Stops what was started, the last first, within `withinMs` altogether: what hangs is told of and left behind, so that
 * one thing that does not answer can keep neither the others nor the process. An error is told of and stops nothing.
 * @param cleanUps in the order in which they were started
 * @returns true when everything ended; false leaves the end to the caller, who must end the process
 */
export async function stopInOrder(
  cleanUps: readonly CleanUp[],
  options: {
    withinMs: number;
    timers: Timers;
    monotonicMs: () => number;
    onLate: (what: string) => void;
    onError: (what: string, error: unknown) => void;
  },
): Promise<boolean> {
  const { withinMs, timers, monotonicMs } = options;
  const endAtMs = monotonicMs() + withinMs;
  const shareMs = Math.min(ownShareMs, withinMs / Math.max(1, cleanUps.length));
  let everythingEnded = true;
  for (const [waiting, { what, stop, atMostMs = Number.POSITIVE_INFINITY }] of [...cleanUps.entries()].reverse()) {
    const leftMs = endAtMs - monotonicMs() - waiting * shareMs;
    const mayTakeMs = Math.min(Math.max(leftMs, 0), atMostMs);
    try {
      // Called at once and whatever the time: most of them ask for the end before they wait for it.
      if (await inTime(timers, stop(mayTakeMs), mayTakeMs)) continue;
      everythingEnded = false;
      options.onLate(what);
    } catch (error) {
      options.onError(what, error);
    }
  }
  return everythingEnded;
}
