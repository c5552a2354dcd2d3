import { readAsTeam } from '../database/read-as-team.ts';
import type { Evidence } from '../readiness/finding.ts';
import { type Comment, listCommentRows } from './comment.store.ts';
import { findReviewedCheck } from './find-reviewed-check.rules.ts';
import type { ReviewContext } from './review-context.ts';
import type { ReviewedCheck } from './review.ts';
import { viewReview } from './view-review.ts';

const newestComments = 50;
const newestEvidence = 10;

/** A check of a review with all that explains it; newest comments and evidence first. */
export type ExplainedCheck = {
  check: ReviewedCheck;
  /** What each item of a checklist that it helps to decide says. */
  items: readonly (ReviewedCheck['items'][number] & { says: string })[];
  comments: readonly Comment[];
  history: readonly Evidence[];
};

/** @throws Problem not_found, or invalid_request where the subject has to be named */
export async function explainCheck(
  ctx: ReviewContext,
  input: { teamId: string; reviewId: string; checkId: string; subjectId?: string | undefined },
): Promise<ExplainedCheck> {
  const { teamId, reviewId, checkId } = input;
  const check = findReviewedCheck((await viewReview(ctx, input)).checks, checkId, input.subjectId);
  const { checklists } = await ctx.reviewing.catalogueOf(teamId);
  const comments = await readAsTeam(ctx.database, teamId, (database) =>
    listCommentRows(database, { teamId, reviewId, checkId, limit: newestComments, after: null }),
  );
  const history = await ctx.reviewing.readiness.history({
    teamId,
    checkId,
    subjectId: check.subject.id,
    limit: newestEvidence,
    after: null,
  });
  return {
    check,
    items: check.items.map((item) => {
      const found = checklists.get(item.checklistId)?.items.find(({ ref }) => ref === item.ref);
      return { ...item, says: found?.says ?? '' };
    }),
    comments: comments.filter(({ subjectId }) => subjectId === null || subjectId === check.subject.id),
    history,
  };
}
