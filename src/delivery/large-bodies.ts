import type { BlobStore } from '../blobs/blob-store.ts';
import type { LargeBodies, Timers } from './delivery-ports.ts';

/** Bytes of loaded bodies in memory at once; one larger than this still gets its turn, alone. */
const roomBytes = 64 * 1024 * 1024;
const firstRetryMs = 500;
const longestRetryMs = 15_000;
/** The store may be away that long before it counts as a failed attempt. */
const patienceMs = 600_000;

/** Loads bodies from the blob store in the order they were asked for, within a bound on memory. */
export function createLargeBodies(options: {
  blobs: Pick<BlobStore, 'get'>;
  timers: Timers;
  onError: (error: unknown) => void;
}): LargeBodies {
  const waiting: { sizeBytes: number; go: () => void }[] = [];
  let usedBytes = 0;

  const letIn = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (usedBytes > 0 && usedBytes + next.sizeBytes > roomBytes) return;
      waiting.shift();
      usedBytes += next.sizeBytes;
      next.go();
    }
  };

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
    async load({ key, sizeBytes }) {
      await new Promise<void>((resolve) => {
        waiting.push({ sizeBytes, go: resolve });
        letIn();
      });
      let held = true;
      const release = (): void => {
        if (!held) return;
        held = false;
        usedBytes -= sizeBytes;
        letIn();
      };
      try {
        return { body: await read(key), release };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}
