import type pg from 'pg';
import type { Timers } from '../delivery/delivery-ports.ts';
import { findAwaited } from './feed.store.ts';
import { findHorizon } from './find-horizon.ts';

/** Where long polls wait for the next event, all of a node's together. */
export type FeedWaitingRoom = {
  /** Resolves with true when there may be an event after `after`, with false when the wait is over without one. */
  wait(input: { teamId: string; after: string; timeoutMs: number; signal?: AbortSignal | undefined }): Promise<boolean>;
  /** Ends every wait, and every later one at once. */
  stop(): void;
};

const lookEveryMs = 1_000;
const waitingMax = 1_000;

/** One look a second at the database serves everyone who waits; nobody waiting, no look. */
export function createFeedWaitingRoom(options: {
  database: pg.Pool;
  timers: Timers;
  onError: (error: unknown) => void;
}): FeedWaitingRoom {
  type Waiter = { teamId: string; after: string; end: (found: boolean) => void };
  const waiters = new Set<Waiter>();
  let timer: { cancel(): void } | null = null;
  let looking = false;
  let stopped = false;

  const lookLater = (): void => {
    if (timer !== null || looking || waiters.size === 0) return;
    timer = options.timers.after(lookEveryMs, () => {
      timer = null;
      looking = true;
      look()
        .catch(options.onError)
        .finally(() => {
          looking = false;
          lookLater();
        });
    });
  };

  const look = async (): Promise<void> => {
    const all = [...waiters];
    if (all.length === 0) return;
    const horizon = await findHorizon(options.database);
    for (const index of await findAwaited(options.database, all, horizon)) all[index]?.end(true);
  };

  return {
    wait({ teamId, after, timeoutMs, signal }) {
      if (stopped || signal?.aborted === true || waiters.size >= waitingMax) return Promise.resolve(false);
      return new Promise((resolve) => {
        const giveUp = (): void => waiter.end(false);
        const deadline = options.timers.after(timeoutMs, giveUp);
        const waiter: Waiter = {
          teamId,
          after,
          end(found) {
            waiters.delete(waiter);
            deadline.cancel();
            signal?.removeEventListener('abort', giveUp);
            resolve(found);
          },
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        waiters.add(waiter);
        lookLater();
      });
    },
    stop() {
      stopped = true;
      timer?.cancel();
      for (const waiter of waiters) waiter.end(false);
    },
  };
}
