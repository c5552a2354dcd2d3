import PQueue from 'p-queue';
import { addEnded, type Ended, rateOf } from './bulk-rate.rules.ts';
import { type BulkRetry, decideBulkRetry, isPermanent } from './bulk-retry.rules.ts';

/** `attempt` is 1 at the first try. Pass `signal` on to what you call. */
export type BulkWork<Item, Value> = (
  item: Item,
  about: { index: number; attempt: number; signal: AbortSignal },
) => Value | Promise<Value>;

/** `tries` 0: it was never begun, and `error` is why. */
export type BulkResult<Item, Value> =
  | { item: Item; ok: true; value: Value; tries: number }
  | { item: Item; ok: false; error: unknown; tries: number };

export type BulkProgress = {
  total: number;
  /** Ended well. */
  done: number;
  failed: number;
  /** Tries beyond the first, over all items. */
  retried: number;
  /** Over the last ten seconds. */
  perSecond: number;
  /** Null while it cannot be told. */
  etaMs: number | null;
  /** How long everything waits because an answer asked for it; 0 when it does not. */
  pausedMs: number;
};

/** Why items were not begun: another has failed for good, and `stopOnPermanent` was asked for. */
export class BulkStoppedError extends Error {
  constructor(cause: unknown) {
    super('Not begun: another item failed for good, and stopOnPermanent was asked for.', { cause });
    this.name = 'BulkStoppedError';
  }
}

export type BulkParts = {
  concurrency: number;
  signal: AbortSignal;
  retry: BulkRetry;
  stopOnPermanent: boolean;
  onProgress: (progress: BulkProgress) => void;
  nowMs: () => number;
  random: () => number;
  /** Rejects when the signal aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** What `bulk` does, with time and randomness handed in. */
export async function runBulk<Item, Value>(
  items: readonly Item[],
  work: BulkWork<Item, Value>,
  parts: BulkParts,
): Promise<BulkResult<Item, Value>[]> {
  const { signal, nowMs } = parts;
  const results = Array.from<BulkResult<Item, Value> | undefined>({ length: items.length });
  const queue = new PQueue({ concurrency: parts.concurrency });
  const stopping = new AbortController();
  const tell = createTelling(items.length, parts);

  const stop = (reason: unknown): void => {
    stopping.abort(reason);
    queue.clear();
  };
  const onAbort = (): void => stop(signal.reason);

  let pausedUntilMs = 0;
  let pause: Promise<void> | null = null;
  const hold = async (): Promise<void> => {
    queue.pause();
    try {
      while (pausedUntilMs > nowMs()) await parts.wait(pausedUntilMs - nowMs(), stopping.signal);
    } catch {
      // Stopped: nothing is left in the queue that could begin.
    }
    pause = null;
    queue.start();
  };
  const pauseFor = (ms: number): void => {
    pausedUntilMs = Math.max(pausedUntilMs, nowMs() + ms);
    pause ??= hold();
  };

  /** Resolves when nothing is paused: another answer may have asked for more meanwhile. */
  const heldUp = async (): Promise<void> => {
    if (pause === null) return;
    await pause;
    await heldUp();
  };

  /** The turn is kept while waiting, so that what fails slows the whole down. */
  const runItem = async (item: Item, index: number): Promise<BulkResult<Item, Value>> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { item, ok: true, value: await work(item, { index, attempt, signal }), tries: attempt };
      } catch (error) {
        const verdict = decideBulkRetry({ error, tries: attempt, random: parts.random() }, parts.retry);
        if (!verdict.retry || stopping.signal.aborted) return { item, ok: false, error, tries: attempt };
        if (verdict.pauses) pauseFor(verdict.waitMs);
        tell.retried(pausedUntilMs);
        try {
          await parts.wait(verdict.waitMs, stopping.signal);
          await heldUp();
        } catch {
          // Stopped while it waited: it ends with the error that it waited for.
        }
        if (stopping.signal.aborted) return { item, ok: false, error, tries: attempt };
      }
    }
  };

  const runAndTell = async (item: Item, index: number): Promise<void> => {
    // Begun by the queue in spite of a stop that its very first work asked for.
    if (stopping.signal.aborted) return;
    // Rejects only when `retry.when` throws.
    const result = await runItem(item, index).catch(
      (error: unknown) => ({ item, ok: false, error, tries: 1 }) as const,
    );
    results[index] = result;
    if (!result.ok && parts.stopOnPermanent && isPermanent(result.error)) stop(new BulkStoppedError(result.error));
    tell.ended(result.ok, pausedUntilMs);
  };

  if (signal.aborted) onAbort();
  else {
    signal.addEventListener('abort', onAbort, { once: true });
    // What is cleared rejects; it is found without a result below.
    const added = items.map((item, index) => queue.add(() => runAndTell(item, index)).catch(() => undefined));
    await Promise.all(added);
    signal.removeEventListener('abort', onAbort);
  }
  const notBegun = (index: number): BulkResult<Item, Value> => {
    return { item: items[index] as Item, ok: false, error: stopping.signal.reason, tries: 0 };
  };
  return results.map((result, index) => result ?? notBegun(index));
}

function createTelling(total: number, { onProgress, nowMs }: Pick<BulkParts, 'onProgress' | 'nowMs'>) {
  const startedAtMs = nowMs();
  let ended: Ended = [];
  let [done, failed, retried] = [0, 0, 0];
  const tell = (pausedUntilMs: number): void => {
    const now = nowMs();
    const rate = rateOf(ended, { startedAtMs, nowMs: now, left: total - done - failed });
    const progress = { total, done, failed, retried, ...rate, pausedMs: Math.max(0, pausedUntilMs - now) };
    try {
      onProgress(progress);
    } catch (error) {
      // What shows progress must not change it.
      process.emitWarning('onProgress of bulk threw.', { type: 'PosthornBulkWarning', detail: String(error) });
    }
  };
  return {
    ended(ok: boolean, pausedUntilMs: number): void {
      ended = addEnded(ended, nowMs());
      if (ok) done += 1;
      else failed += 1;
      tell(pausedUntilMs);
    },
    retried(pausedUntilMs: number): void {
      retried += 1;
      tell(pausedUntilMs);
    },
  };
}
