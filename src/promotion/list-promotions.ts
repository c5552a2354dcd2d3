import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Promotion } from './promotion.ts';
import { findPromotion, listPromotionRows } from './promotion.store.ts';

/** Newest first, of a review or of the team. @throws Problem not_found */
export async function listPromotions(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; limit: number; after: string | null; reviewId: string | null },
): Promise<Promotion[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    if (input.reviewId !== null && !isId(idPrefixes.review, input.reviewId)) return [];
    return listPromotionRows(database, input);
  });
}

/** @throws Problem not_found */
export async function getPromotion(
  ctx: Pick<Context, 'database'>,
  { teamId, promotionId }: { teamId: string; promotionId: string },
): Promise<Promotion> {
  const found = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return isId(idPrefixes.promotion, promotionId) ? findPromotion(database, teamId, promotionId) : null;
  });
  if (found === null) throw new Problem('not_found', `There is no promotion ${promotionId}.`);
  return found;
}
