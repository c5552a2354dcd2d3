import { setTimeout as delay } from 'node:timers/promises';
import type { BulkRetry } from './bulk-retry.rules.ts';
import { type BulkProgress, type BulkResult, type BulkWork, runBulk } from './run-bulk.ts';

export type BulkOptions = {
  /** Items worked on at once; 8 unless given. */
  concurrency?: number;
  /** Is told after every item that ended and every retry. */
  onProgress?: (progress: BulkProgress) => void;
  /** At the first item that fails for good, begins no more; those under way end. */
  stopOnPermanent?: boolean;
  retry?: BulkRetry;
  /** Begins no more, and is handed to what is under way. */
  signal?: AbortSignal;
};

/**
 * Works on many items, a few at once. Errors that pass are tried again; one that asks to wait (Retry-After) pauses all of
 * them. Resolves when every item has ended, to a result for each, in the order of the items: nothing is thrown and nothing
 * is left out, also when it was stopped.
 * @param work is run from its beginning at each try
 * @throws TypeError for a concurrency that is none
 */
export async function bulk<Item, Value>(
  items: Iterable<Item>,
  work: BulkWork<Item, Value>,
  options: BulkOptions = {},
): Promise<BulkResult<Item, Value>[]> {
  const { concurrency = 8, signal = new AbortController().signal, retry = {} } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new TypeError('concurrency is how many items are worked on at once: a whole number, at least 1.');
  }
  return runBulk([...items], work, {
    concurrency,
    signal,
    retry,
    stopOnPermanent: options.stopOnPermanent === true,
    onProgress: options.onProgress ?? (() => undefined),
    nowMs: () => performance.now(),
    random: Math.random,
    wait: (ms, ended) => delay(ms, undefined, { signal: ended }),
  });
}
