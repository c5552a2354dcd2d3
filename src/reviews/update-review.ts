import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { requireReview } from './require-review.ts';
import { auditedReview, faultsOfReview, reviewFacts } from './review-change.rules.ts';
import type { ReviewContext } from './review-context.ts';
import { readParts, replaceReview, type ReviewFields } from './review.store.ts';
import type { Review } from './review.ts';

/** What is given; `version` is that of the review it was made from. */
export type ReviewChange = { [Name in keyof ReviewFields]?: ReviewFields[Name] | undefined } & {
  version: number;
  /** Closing ends the work on it; taking it up again opens it. */
  status?: 'open' | 'closed' | undefined;
};

/** Changes what is given. Answers are replaced as a whole. @throws Problem invalid_request, conflict, not_found */
export async function updateReview(
  ctx: ReviewContext,
  input: { teamId: string; reviewId: string; change: ReviewChange },
): Promise<Review> {
  const { teamId, reviewId, change } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await requireReview(client, teamId, reviewId, 'locked');
    if (before.version !== change.version) {
      const detail = `The review was changed meanwhile: it has version ${before.version}, and this change was made from ${change.version}. Read it again.`;
      throw new Problem('conflict', detail);
    }
    const fields: ReviewFields = {
      name: change.name ?? before.name,
      checklists: change.checklists ?? before.checklists,
      integration: change.integration ?? before.integration,
      answers: change.answers ?? before.answers,
      waiverCap: change.waiverCap ?? before.waiverCap,
    };
    const [catalogue, parts] = [await ctx.reviewing.catalogueOf(teamId, client), await readParts(client, teamId)];
    const faults = faultsOfReview(fields, { catalogue, parts, before: before.integration });
    if (faults.length > 0) {
      throw new Problem('invalid_request', 'The review cannot be changed to that.', { errors: faults });
    }
    const { status, because } = statusAfter(before, change.status);
    const after = await replaceReview(client, before, { fields, status, because, atMs: ctx.clock.now() });
    await recordChange(ctx, client, {
      teamId,
      action: status === before.status ? 'review.updated' : 'review.status-set',
      target: { kind: 'review', id: reviewId },
      fields: auditedReview,
      before: reviewFacts(before),
      after: reviewFacts(after),
    });
    return after;
  });
}

/** What was promoted stays so until it is closed: only a closed one is opened. */
function statusAfter(before: Review, wanted: ReviewChange['status']): Pick<Review, 'status' | 'because'> {
  if (wanted === undefined || wanted === before.status) return before;
  if (wanted === 'open' && before.status !== 'closed') {
    throw new Problem('conflict', `The review is ${before.status}; only a closed one is opened again.`);
  }
  return { status: wanted, because: null };
}
