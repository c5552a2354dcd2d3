import type { Context } from '../context.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { OnQueued } from '../delivery/resend-delivery.ts';
import { createWorker, type Worker } from '../operations/worker.ts';
import { nextReplayDueMs } from './replay.store.ts';
import { workReplayPage } from './work-replay-page.ts';

const pollEveryMs = 60_000;

/**
 * Works on running replays, whichever node started them. It sleeps while there is none: woken where one is created,
 * and by a poll a minute for those whose node died.
 */
export function createReplayWorker(
  options: Pick<Context, 'database'> & {
    onQueued: OnQueued;
    /** A replay has finished and its operational event was written. */
    onTold: () => void;
    timers: Timers;
    onError: (error: unknown) => void;
  },
): Worker {
  return createWorker({
    timers: options.timers,
    onError: options.onError,
    pollEveryMs,
    run: async (stopping) => {
      while (!stopping()) {
        const worked = await workReplayPage(options, null);
        if (worked === null) return nextReplayDueMs(options.database);
        if (worked.finished) options.onTold();
      }
      return null;
    },
  });
}
