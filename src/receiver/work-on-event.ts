import { setImmediate } from 'node:timers/promises';
import { type DedupeStore, requirePositive } from './dedupe-store.ts';
import { memoryStore } from './memory-store.ts';
import type { ReceiverOptions } from './receiver-options.ts';
import type { VerifiedWebhook } from './verify.ts';

export type Worked = { outcome: 'handled' | 'failed'; error: unknown };
export type Taken =
  | { state: 'duplicate' }
  | { state: 'busy' }
  | { state: 'full' }
  | { state: 'store_failed'; error: unknown }
  | { state: 'taken'; work: Promise<Worked> };

/** Makes what claims events that are verified and begins to work on each once. */
export function createEventWork(options: ReceiverOptions): (event: VerifiedWebhook) => Promise<Taken> {
  const { store = memoryStore(), mode = 'after', maxBackground = 100 } = options;
  requirePositive({ maxBackground });
  let underWay = 0;
  return async (event) => {
    if (mode === 'before' && underWay >= maxBackground) return { state: 'full' };
    // The claim counts as work, so that what comes meanwhile finds its place taken.
    underWay += 1;
    let work: Promise<Worked> | undefined;
    try {
      const claim = await store.claim(event.id);
      if (claim !== 'new') return { state: claim === 'done' ? 'duplicate' : 'busy' };
      work = workOn(event, { ...options, store, mode }).finally(() => {
        underWay -= 1;
      });
      return { state: 'taken', work };
    } catch (error) {
      return { state: 'store_failed', error };
    } finally {
      if (work === undefined) underWay -= 1;
    }
  };
}

/** Never rejects. What was handled stays handled, even if the store cannot remember it. */
async function workOn(
  event: VerifiedWebhook,
  { onEvent, store, mode }: Pick<ReceiverOptions, 'onEvent' | 'mode'> & { store: DedupeStore },
): Promise<Worked> {
  try {
    // The answer first, also before work that never awaits.
    if (mode === 'before') await setImmediate();
    await onEvent(event);
  } catch (error) {
    // A claim that cannot be released is given up when its time is over.
    await store.release(event.id).catch(() => undefined);
    return { outcome: 'failed', error: error ?? new Error('onEvent rejected without an error') };
  }
  try {
    await store.done(event.id);
    return { outcome: 'handled', error: null };
  } catch (error) {
    return { outcome: 'handled', error };
  }
}
