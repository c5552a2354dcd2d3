import type { Context } from '../context.ts';
import { actorName } from '../members/actor-name.rules.ts';
import type { Reviews, ReviewView } from '../reviews/review.ts';
import { measureLastHour } from './last-hour.ts';
import { listPlanRows } from './launch-plan.store.ts';
import { refuseResuming } from './may-resume.rules.ts';
import { throwRefusal } from './throw-refusal.ts';
import { listLive } from './promotion.store.ts';
import { requireWatch } from './watch-days.ts';

export type ResumingContext = Context & { reviews: Pick<Reviews, 'view' | 'setStatus'> };

/**
 * Takes a launch up again after something reopened its review: it is promoted as before, and watched on.
 * @param input.note what was found and done
 * @throws Problem conflict, review_not_passed, forbidden, not_found
 */
export async function resumeLaunch(
  ctx: ResumingContext,
  input: { teamId: string; reviewId: string; note: string; override: { reason: string } | null },
): Promise<{ review: string; status: 'promoted'; because: string }> {
  const { teamId, reviewId, note, override } = input;
  const watch = await requireWatch(ctx.database, input);
  const view = await ctx.reviews.view(teamId, reviewId);
  const refusal = refuseResuming({
    status: view.review.status,
    isLive: (await listLive(ctx.database, teamId, reviewId)).length > 0,
    crossed: await crossedNow(ctx, view, watch),
    verdict: view.verdict,
    override,
    actor: ctx.actor,
  });
  if (refusal !== null) throwRefusal(refusal);
  const decided = override === null ? '' : ` Decided by ${actorName(ctx.actor)}: ${override.reason}`;
  const because = `Taken up again. ${note}${decided}`;
  await ctx.reviews.setStatus({ teamId, reviewId, status: 'promoted', because, by: ctx });
  return { review: reviewId, status: 'promoted', because };
}

/** Limits as the watch would see them at this moment. */
async function crossedNow(
  { database, clock }: Pick<Context, 'database' | 'clock'>,
  { review }: ReviewView,
  { exceeded, startedAt }: { exceeded: Readonly<Record<string, number>>; startedAt: string },
): Promise<string[]> {
  const [onRecord] = await listPlanRows(database, review.teamId, review.id, 1);
  const { teamId, integration } = review;
  const thresholds = onRecord?.plan.thresholds ?? [];
  const launchedAtMs = Date.parse(startedAt);
  const of = { teamId, integration, thresholds, exceeded, launchedAtMs, nowMs: clock.now() };
  const measures = await measureLastHour(database, of);
  return measures.filter(({ crossed }) => crossed).map(({ name }) => name);
}
