import { type AuditContext, recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { tellTeam } from '../operations/tell-team.ts';
import { requireReview } from './require-review.ts';
import { auditedReview, reviewFacts } from './review-change.rules.ts';
import type { GatewayReviewContext } from './review-context.ts';
import { replaceReview } from './review.store.ts';
import type { ReviewStatus } from './review.ts';

/**
 * Sets the status; one that is the same already, for the same reason, is left alone. Reopening is told as
 * `posthorn.review.reopened`, and going on after that as `posthorn.review.resumed`, in the same transaction.
 * @param input.by whose doing it is; the gateway's own where it is left out
 * @throws Problem not_found
 */
export async function setReviewStatus(
  ctx: GatewayReviewContext,
  input: {
    teamId: string;
    reviewId: string;
    status: ReviewStatus;
    because: string | null;
    by?: Pick<AuditContext, 'actor' | 'requestId' | 'address'> | undefined;
  },
): Promise<void> {
  const { teamId, reviewId, status, because } = input;
  const by = input.by ?? { actor: { kind: 'posthorn', id: null, memberId: null }, requestId: null, address: null };
  const isTold = await inTransaction(ctx.database, async (client) => {
    const before = await requireReview(client, teamId, reviewId, 'locked');
    if (before.status === status && before.because === because) return false;
    const after = await replaceReview(client, before, { fields: before, status, because, atMs: ctx.clock.now() });
    const type = toldOf(before.status, status);
    if (type !== null) {
      const data = { reviewId, name: before.name, because: because ?? 'no reason was given', was: before.status };
      await tellTeam(client, { teamId, type, data });
    }
    await recordChange(
      { ids: ctx.ids, clock: ctx.clock, actor: by.actor, requestId: by.requestId, address: by.address },
      client,
      {
        teamId,
        action: 'review.status-set',
        target: { kind: 'review', id: reviewId },
        fields: auditedReview,
        before: reviewFacts(before),
        after: reviewFacts(after),
      },
    );
    return type !== null;
  });
  if (isTold) ctx.reviewing.onTold();
}

function toldOf(before: ReviewStatus, after: ReviewStatus) {
  if (after === 'reopened' && before !== 'reopened') return 'posthorn.review.reopened';
  return before === 'reopened' && after === 'promoted' ? 'posthorn.review.resumed' : null;
}
