import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { Problem } from '../problem.ts';
import { type Comment, countComments, insertComment, listCommentRows } from './comment.store.ts';
import { requireReview } from './require-review.ts';
import type { ReviewContext } from './review-context.ts';
import { viewReview } from './view-review.ts';

const mostComments = 10_000;

/**
 * Adds a comment, on the review or on one of its checks. None is ever changed.
 * @throws Problem not_found, limit_reached
 */
export async function commentOnReview(
  ctx: ReviewContext,
  input: { teamId: string; reviewId: string; checkId: string | null; subjectId: string | null; text: string },
): Promise<Comment> {
  const { teamId, reviewId, checkId, subjectId, text } = input;
  if (checkId !== null) {
    const { checks } = await viewReview(ctx, input);
    const isThere = checks.some(
      (each) => each.checkId === checkId && (subjectId === null || each.subject.id === subjectId),
    );
    if (!isThere) throw new Problem('not_found', `The review has no check ${checkId} for ${subjectId ?? 'anything'}.`);
  }
  return inTransaction(ctx.database, async (client) => {
    await requireReview(client, teamId, reviewId, 'locked');
    if ((await countComments(client, teamId, reviewId)) >= mostComments) {
      throw new Problem('limit_reached', `A review has at most ${mostComments} comments: go on in another one.`);
    }
    const comment = {
      id: ctx.ids.next(idPrefixes.reviewComment),
      checkId,
      subjectId: checkId === null ? null : subjectId,
      author: actorName(ctx.actor),
      text,
      createdAtMs: Math.floor(ctx.clock.now()),
    };
    await insertComment(client, { teamId, reviewId, comment });
    await recordChange(ctx, client, {
      teamId,
      action: 'review.commented',
      target: { kind: 'review', id: reviewId },
      fields: { comment: 'shown', check: 'shown', subject: 'shown', text: 'digest' },
      after: { comment: comment.id, check: checkId, subject: comment.subjectId, text },
    });
    return comment;
  });
}

/** Newest first. @param input.checkId about this check alone; null: all of the review. @throws Problem not_found */
export async function listComments(
  ctx: Pick<ReviewContext, 'database'>,
  input: { teamId: string; reviewId: string; checkId: string | null; limit: number; after: string | null },
): Promise<Comment[]> {
  await requireReview(ctx.database, input.teamId, input.reviewId);
  return listCommentRows(ctx.database, input);
}
