import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedPromotion, promotionFacts } from './audited-fields.rules.ts';
import type { Promotion } from './promotion.ts';
import { dropKeptCredentials, readKeptCredentials } from './promotion-credential.store.ts';
import type { PromotingContext } from './promotion-services.ts';
import { findNewestOf, findPromotion, savePromotion } from './promotion.store.ts';
import { returnAccount } from './return-account.ts';
import { hurryWatch } from './watch.store.ts';
import { tell, withStep } from './work-promotion.ts';

/** How long the former credentials are kept after a promotion is live. */
export const returnableDays = 30;

/**
 * Leads a connection back to where it led before its promotion: base URL, options and credentials in one transaction. The
 * watch reopens the review, and ends once no promotion of it is live.
 * @throws Problem conflict, not_found
 */
export async function rollBack(
  ctx: PromotingContext & { onTold: () => void },
  input: { teamId: string; promotionId: string; reason: string },
): Promise<Promotion> {
  const { teamId, promotionId, reason } = input;
  const promotion = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const found = isId(idPrefixes.promotion, promotionId)
      ? await findPromotion(client, teamId, promotionId, 'for update')
      : null;
    if (found === null) throw new Problem('not_found', `There is no promotion ${promotionId}.`);
    if (found.state !== 'live' && found.state !== 'switched') {
      throw new Problem('conflict', `It is ${found.state}: only what is switched or live can be rolled back.`);
    }
    const newest = await findNewestOf(client, teamId, found.connectionId);
    if (newest?.id !== found.id)
      throw new Problem('conflict', `${newest?.id ?? ''} came after it: roll that one back.`);
    if ((await readKeptCredentials(client, found, 'former')).length === 0) {
      const detail = `Its former credentials were kept for ${returnableDays} days: change the connection instead.`;
      throw new Problem('conflict', detail);
    }
    const seen = await returnAccount(client, found);
    const stepped = withStep(ctx, found, 'rolled-back', 'succeeded', seen);
    const endedAt = new Date(ctx.clock.now()).toISOString();
    const after: Promotion = { ...stepped, state: 'rolled-back', because: reason, endedAt };
    await savePromotion(client, after, found.state);
    await dropKeptCredentials(client, found, 'former');
    // The watch looks at once, and reopens the review.
    await hurryWatch(client, { teamId, reviewId: found.reviewId, atMs: ctx.clock.now() });
    await tell(client, after, 'posthorn.promotion.rolled_back', { reason });
    await recordChange(ctx, client, {
      teamId,
      action: 'promotion.rolled-back',
      target: { kind: 'promotion', id: found.id },
      fields: auditedPromotion,
      before: promotionFacts(found),
      after: promotionFacts(after),
    });
    return after;
  });
  ctx.connections.teamChanged(teamId);
  ctx.onTold();
  ctx.onPromotion();
  return promotion;
}
