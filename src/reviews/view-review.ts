import { applyScope } from './scope.rules.ts';
import { listAssignments } from './assignment.store.ts';
import { composeReview } from './compose-review.rules.ts';
import { makeUpOf } from './make-up.rules.ts';
import { requireReview } from './require-review.ts';
import type { GatewayReviewContext } from './review-context.ts';
import { readParts } from './review.store.ts';
import type { ReviewView } from './review.ts';

/** A review as it stands now; nothing is measured. @throws Problem not_found */
export async function viewReview(
  ctx: Omit<GatewayReviewContext, 'ids'>,
  { teamId, reviewId }: { teamId: string; reviewId: string },
): Promise<ReviewView> {
  const { database, reviewing } = ctx;
  const review = await requireReview(database, teamId, reviewId);
  const [catalogue, { checks: statuses, digests }, parts, assignments] = await Promise.all([
    reviewing.catalogueOf(teamId),
    reviewing.readiness.stand(teamId),
    readParts(database, teamId),
    listAssignments(database, teamId, reviewId),
  ]);
  const [attestations, waivers, signOffs, signers] = await Promise.all([
    reviewing.people.attestations(teamId),
    reviewing.people.waivers(teamId, reviewId),
    reviewing.people.signOffs(teamId, reviewId),
    reviewing.people.signers(teamId),
  ]);
  return composeReview({
    review,
    catalogue,
    statuses,
    digests,
    outOfScope: applyScope(catalogue.scope, review.answers, makeUpOf(review.integration, parts)),
    attestations,
    waivers,
    signOffs,
    signers,
    assignments,
    release: reviewing.release,
    environment: ctx.environment,
    nowMs: ctx.clock.now(),
  });
}
