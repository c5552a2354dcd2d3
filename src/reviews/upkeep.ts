import type { Timers } from '../clock.ts';
import { createWorker, type Worker } from '../operations/worker.ts';
import { Problem } from '../problem.ts';
import { dueChecks } from './due-checks.rules.ts';
import type { GatewayReviewContext } from './review-context.ts';
import { runReview } from './run-review.ts';
import { claimDueReview } from './upkeep.store.ts';

const longestPollMs = 60_000;

/**
 * Keeps the evidence of reviews fresh that are not closed: each is looked at once an interval, by one node, and what is stale
 * or about to be is measured. Turns are spread by chance, so that reviews do not keep together.
 * @param options.everyMs between two turns of one review, a tenth more or less
 */
export function createReviewUpkeep(options: {
  ctx: GatewayReviewContext;
  everyMs: number;
  timers: Timers;
  random: () => number;
  onError: (error: unknown) => void;
}): Worker {
  const { ctx, everyMs, random, onError } = options;

  const turn = async ({ teamId, reviewId }: { teamId: string; reviewId: string }, nowMs: number): Promise<void> => {
    try {
      const choose: Parameters<typeof runReview>[1]['choose'] = (checks) => dueChecks(checks, nowMs + 2 * everyMs);
      await runReview(ctx, { teamId, reviewId, by: null, choose });
    } catch (error) {
      // One that cannot be measured must not keep the others from it.
      if (!(error instanceof Problem)) onError(error);
    }
  };

  return createWorker({
    timers: options.timers,
    pollEveryMs: Math.min(longestPollMs, everyMs),
    onError,
    run: async (stopping) => {
      while (!stopping()) {
        const nowMs = Math.floor(ctx.clock.now());
        const nextMs = Math.floor(nowMs + everyMs * (0.9 + random() / 5));
        const due = await claimDueReview(ctx.database, { nowMs, nextMs });
        if (due === null) break;
        await turn(due, nowMs);
      }
      return null;
    },
  });
}
