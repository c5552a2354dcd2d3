import type { Context } from '../context.ts';
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
  await requireTeam(ctx.database, input.teamId);
  if (input.reviewId !== null && !isId(idPrefixes.review, input.reviewId)) return [];
  return listPromotionRows(ctx.database, input);
}

/** @throws Problem not_found */
export async function getPromotion(
  ctx: Pick<Context, 'database'>,
  { teamId, promotionId }: { teamId: string; promotionId: string },
): Promise<Promotion> {
  await requireTeam(ctx.database, teamId);
  const found = isId(idPrefixes.promotion, promotionId) ? await findPromotion(ctx.database, teamId, promotionId) : null;
  if (found === null) throw new Problem('not_found', `There is no promotion ${promotionId}.`);
  return found;
}
