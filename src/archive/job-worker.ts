import type { Timers } from '../delivery/delivery-ports.ts';
import { createWorker, type Worker } from '../operations/worker.ts';
import { ArchiveFailure } from './archive-failure.ts';
import { claimJob, nextJobDueMs, postponeJob } from './archive-job.store.ts';
import type { ClaimedJob } from './archive-job.ts';
import { settleFailed, settleStored } from './settle-attempt.ts';
import { type WorkContext, workJob } from './work-job.ts';

const pollEveryMs = 30_000;
const lockedRestMs = 100;

/**
 * Works on jobs that are due, whichever node made them: a few at once, and at most two of one connection, so that a
 * provider that hangs does not hold up the others. A claim is a lease that is renewed; who loses it stops.
 */
export function createJobWorker(
  options: WorkContext & {
    timers: Timers;
    random: () => number;
    atOnce: number;
    leaseMs: number;
    /** An operational event was committed. */
    onTold: () => void;
    onError: (error: unknown) => void;
  },
): Worker {
  const { database, timers, leaseMs, onError } = options;
  const running = new Map<ClaimedJob, { stop: AbortController; done: Promise<void> }>();

  const runOne = async (job: ClaimedJob, stop: AbortController): Promise<void> => {
    let isOver = false;
    let timer: { cancel(): void } | null = null;
    const renewLater = (): void => {
      timer = timers.after(leaseMs / 4, () => {
        postponeJob(database, job, leaseMs)
          .then((held) => {
            if (!held) stop.abort(new Error('the claim is lost'));
          })
          .catch(onError)
          .finally(() => {
            if (!isOver) renewLater();
          });
      });
    };
    renewLater();
    try {
      await workJob(options, job, stop.signal);
      await settleStored(options, job);
    } catch (error) {
      if (stop.signal.aborted) await postponeJob(database, job, 0);
      else await settle(job, error);
    } finally {
      isOver = true;
      (timer as { cancel(): void } | null)?.cancel();
    }
  };

  const settle = async (job: ClaimedJob, error: unknown): Promise<void> => {
    const failure = error instanceof ArchiveFailure ? error : new ArchiveFailure('internal', { cause: error });
    if (failure.error === 'internal' || failure.error === 'store_failed') onError(failure.cause ?? failure);
    const { error: kind, retryAfterMs } = failure;
    const connection = options.connections.find(job.connectionId);
    if (await settleFailed(options, job, { error: kind, retryAfterMs, connection })) options.onTold();
  };

  const busyConnections = (): string[] => {
    const counts = new Map<string, number>();
    for (const { connectionId } of running.keys()) counts.set(connectionId, (counts.get(connectionId) ?? 0) + 1);
    return [...counts].flatMap(([id, count]) => (count >= 2 ? [id] : []));
  };

  const worker = createWorker({
    timers,
    onError,
    pollEveryMs,
    run: async (stopping) => {
      while (!stopping() && running.size < options.atOnce) {
        const job = await claimJob(database, { busy: busyConnections(), leaseMs });
        if (job === null) break;
        const stop = new AbortController();
        const done = runOne(job, stop)
          // What cannot be written is done again when the lease is over.
          .catch(onError)
          .finally(() => {
            running.delete(job);
            worker.wake();
          });
        running.set(job, { stop, done });
      }
      // A job of a busy connection is due all the while: whoever ends wakes this.
      if (running.size > 0) return null;
      const dueInMs = await nextJobDueMs(database);
      // One that is due and was not taken is being written to: by another node, or by who makes it.
      return dueInMs === null ? null : Math.max(lockedRestMs, dueInMs);
    },
  });

  return {
    start: () => worker.start(),
    wake: () => worker.wake(),
    async stop() {
      await worker.stop();
      for (const { stop } of running.values()) stop.abort(new Error('the node stops'));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
