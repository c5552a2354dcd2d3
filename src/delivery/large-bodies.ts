import type { BlobStore } from '../blobs/blob-store.ts';
import { BodyBudget } from '../blobs/body-budget.ts';
import type { LargeBodies, Timers } from './delivery-ports.ts';

/** Bytes of loaded bodies in memory at once: of all endpoints, and of one. */
const limits = { totalBytes: 64 * 1024 * 1024, ownerBytes: 32 * 1024 * 1024 };
const firstRetryMs = 500;
const longestRetryMs = 15_000;
/** The store may be away that long before the delivery is put back into the queue. */
const patienceMs = 600_000;

/**
 * Loads bodies from the blob store in the order they were asked for, within a bound on memory. A body stays until it was
 * sent, so a slow endpoint could have all of it: others get past one that has its share.
 */
export function createLargeBodies(options: {
  blobs: Pick<BlobStore, 'get'>;
  timers: Timers;
  onError: (error: unknown) => void;
}): LargeBodies {
  const budget = new BodyBudget(limits);

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      options.timers.after(delayMs, resolve);
    });

  const read = async (key: string): Promise<Buffer> => {
    let waitedMs = 0;
    for (let delayMs = firstRetryMs; ; delayMs = Math.min(longestRetryMs, delayMs * 2)) {
      let body: Buffer | null;
      try {
        body = await options.blobs.get(key);
      } catch (error) {
        if (waitedMs >= patienceMs) throw error;
        options.onError(error);
        await pause(delayMs);
        waitedMs += delayMs;
        continue;
      }
      if (body === null) throw new Error('the body is not in the blob store any more');
      return body;
    }
  };

  return {
    async load({ key, sizeBytes }, endpointId) {
      const room = budget.open(endpointId);
      await room.grow(sizeBytes);
      try {
        return { body: await read(key), release: () => room.release() };
      } catch (error) {
        room.release();
        throw error;
      }
    },
  };
}
