import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { requireActiveMember } from '../members/require-member.ts';
import { listAssignments, putAssignment } from './assignment.store.ts';
import { findReviewedCheck } from './find-reviewed-check.rules.ts';
import { requireReview } from './require-review.ts';
import type { ReviewContext } from './review-context.ts';
import type { ReviewedCheck } from './review.ts';
import { viewReview } from './view-review.ts';

/** Names who sees to a check, and until when; null is nobody, and no date. @throws Problem not_found, invalid_request */
export async function assignCheck(
  ctx: ReviewContext,
  input: {
    teamId: string;
    reviewId: string;
    checkId: string;
    subjectId?: string | undefined;
    owner: string | null;
    dueAtMs: number | null;
  },
): Promise<ReviewedCheck> {
  const { teamId, reviewId, checkId, owner, dueAtMs } = input;
  const check = findReviewedCheck((await viewReview(ctx, input)).checks, checkId, input.subjectId);
  const subjectId = check.subject.id;
  await inTransaction(ctx.database, async (client) => {
    await requireReview(client, teamId, reviewId, 'locked');
    if (owner !== null) await requireActiveMember(client, teamId, owner);
    const all = await listAssignments(client, teamId, reviewId);
    const before = all.find((each) => each.checkId === checkId && each.subjectId === subjectId);
    await putAssignment(client, { teamId, reviewId, assignment: { checkId, subjectId, owner, dueAtMs } });
    await recordChange(ctx, client, {
      teamId,
      action: 'review.assigned',
      target: { kind: 'review', id: reviewId },
      fields: { check: 'shown', subject: 'shown', owner: 'shown', dueAt: 'shown', ownerBefore: 'shown' },
      // Without a state before, so that the entry always names the check.
      after: {
        check: checkId,
        subject: subjectId,
        owner,
        dueAt: dueAtMs === null ? null : new Date(dueAtMs).toISOString(),
        ownerBefore: before?.owner ?? null,
      },
    });
  });
  return { ...check, owner, dueAtMs };
}
