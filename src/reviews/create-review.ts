import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedReview, faultsOfReview, reviewFacts } from './review-change.rules.ts';
import type { ReviewContext } from './review-context.ts';
import { countReviews, insertReview, readParts, type ReviewFields } from './review.store.ts';
import type { Review } from './review.ts';

export const mostReviews = 500;

/** Begins a review of an integration. @throws Problem invalid_request, limit_reached, not_found */
export async function createReview(ctx: ReviewContext, input: { teamId: string } & ReviewFields): Promise<Review> {
  const { teamId, ...fields } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const [catalogue, parts] = [await ctx.reviewing.catalogueOf(teamId, client), await readParts(client, teamId)];
    const faults = faultsOfReview(fields, { catalogue, parts, before: null });
    if (faults.length > 0) {
      throw new Problem('invalid_request', 'The review cannot be as it is written.', { errors: faults });
    }
    if ((await countReviews(client, teamId)) >= mostReviews) {
      throw new Problem('limit_reached', `A team has at most ${mostReviews} reviews.`);
    }
    const id = ctx.ids.next(idPrefixes.review);
    const review = await insertReview(client, { teamId, id, fields, atMs: Math.floor(ctx.clock.now()) });
    await recordChange(ctx, client, {
      teamId,
      action: 'review.created',
      target: { kind: 'review', id },
      fields: auditedReview,
      after: reviewFacts(review),
    });
    return review;
  });
}
