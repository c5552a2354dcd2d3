import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import { listReviewRows } from './review.store.ts';
import type { Review, ReviewStatus } from './review.ts';

/** Newest first. @throws Problem not_found */
export async function listReviews(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; limit: number; after: string | null; status: ReviewStatus | null },
): Promise<Review[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listReviewRows(database, input);
  });
}
