import type pg from 'pg';
import { recordChange } from '../audit/record-change.ts';
import type { AuditAction } from '../audit/audit-actions.rules.ts';
import { switchAccount } from '../connections/switch-account.ts';
import { inTransaction } from '../database/transaction.ts';
import { tellTeam } from '../operations/tell-team.ts';
import { Problem } from '../problem.ts';
import { auditedPromotion, promotionFacts } from './audited-fields.rules.ts';
import { keyOfCheck } from './check-key.rules.ts';
import { isConnectionKept } from './connection-kept.store.ts';
import type { Promotion, PromotionState, PromotionStep } from './promotion.ts';
import { dropKeptCredentials, readKeptCredentials } from './promotion-credential.store.ts';
import { findPromotion, keepPromotion, savePromotion, takePromotion } from './promotion.store.ts';
import { byPosthorn, type PromotionServices } from './promotion-services.ts';
import { returnAccount } from './return-account.ts';
import { smokeTest } from './smoke-test.ts';
import { startWatch } from './watch.store.ts';

/** Longer than any part takes: what a killed node left is taken over after it. */
const defaultLeaseMs = 120_000;

/**
 * Takes a promotion that is under way one state further, and further, until it has ended: switches, tries, tells the
 * review. What a node left when it was killed is gone on with from the state on record. False: there was none.
 */
export async function workPromotion(services: PromotionServices, leaseMs = defaultLeaseMs): Promise<boolean> {
  const taken = await takePromotion(services.database, leaseMs);
  if (taken === null) return false;
  let promotion: Promotion | null = taken;
  while (promotion !== null && promotion.endedAt === null) promotion = await goOn(services, promotion, leaseMs);
  return true;
}

/** Null: somebody else decided meanwhile. */
async function goOn(services: PromotionServices, promotion: Promotion, leaseMs: number): Promise<Promotion | null> {
  if (!(await keepPromotion(services.database, promotion, leaseMs))) return null;
  if (promotion.state === 'preparing') return switchOver(services, promotion);
  if (promotion.state === 'switched') return tryOut(services, promotion, leaseMs);
  return goLive(services, promotion);
}

async function switchOver(services: PromotionServices, promotion: Promotion): Promise<Promotion | null> {
  const { environment, baseUrl, options } = { environment: 'production' as const, ...promotion.target };
  try {
    return await change(services, promotion, 'preparing', async (client) => {
      // Of a connection that is gone, credentials of production would be kept for ever.
      if (!(await isConnectionKept(client, promotion))) {
        throw new Problem('not_found', `${promotion.connectionId} was deleted.`);
      }
      const credentials = await readKeptCredentials(client, promotion, 'next');
      const former = await readKeptCredentials(client, promotion, 'former');
      const keptIds = former.map(({ id }) => id);
      await switchAccount(client, promotion, { environment, baseUrl, options, credentials }, keptIds);
      await dropKeptCredentials(client, promotion, 'next');
      const names = promotion.target.credentials;
      const under = `the credential${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
      const seen = `Calls go to ${baseUrl ?? 'the server of the account'} with ${under}.`;
      return {
        after: { ...withStep(services, promotion, 'switched', 'succeeded', seen), state: 'switched' },
        action: 'promotion.switched',
      };
    });
  } catch (error) {
    // What is refused for itself would be refused for ever; the rest is tried again.
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    return end(services, promotion, 'failed', `Nothing was switched: ${error.message}`);
  }
}

async function tryOut(services: PromotionServices, promotion: Promotion, leaseMs: number): Promise<Promotion | null> {
  let current = promotion;
  const passed = await smokeTest(services, promotion, async ({ name, outcome, seen }) => {
    current = withStep(services, current, name, outcome, seen);
    const isOurs = await keepPromotion(services.database, current, leaseMs);
    return isOurs && (await savePromotion(services.database, current, 'switched'));
  });
  const now = await findPromotion(services.database, promotion.teamId, promotion.id);
  if (now?.state !== 'switched') return null;
  const failure = now.steps.findLast(({ outcome }) => outcome === 'failed');
  if (passed)
    return change(services, now, 'switched', () => Promise.resolve({ after: { ...now, state: 'smoke-passed' } }));
  return end(services, now, 'rolled-back', failure?.seen ?? 'The smoke test did not end.');
}

async function goLive(services: PromotionServices, promotion: Promotion): Promise<Promotion | null> {
  const { teamId, reviewId, connectionId } = promotion;
  const isKept = await inTransaction(services.database, (client) => isConnectionKept(client, promotion));
  if (!isKept) return end(services, promotion, 'rolled-back', `${connectionId} was deleted while it was tried.`);
  // Before the promotion has ended: a node that is killed in between says it again.
  await services.reviews.setStatus({ teamId, reviewId, status: 'promoted', because: null });
  const states = await statesOf(services, promotion);
  const live = await change(services, promotion, 'smoke-passed', async (client) => {
    const at = new Date(services.clock.now()).toISOString();
    const after = { ...withStep(services, promotion, 'live', 'succeeded', 'The review is promoted.'), endedAt: at };
    await startWatch(client, { teamId, reviewId, atMs: services.clock.now(), states });
    await tell(client, promotion, 'posthorn.promotion.completed', {});
    return { after: { ...after, state: 'live' }, action: 'promotion.completed' };
  });
  services.onTold();
  return live;
}

/** How checks stand as the watch begins: what was accepted although it failed is no news. */
async function statesOf({ reviews }: PromotionServices, promotion: Promotion): Promise<Record<string, string>> {
  const { checks } = await reviews.view(promotion.teamId, promotion.reviewId);
  const now = checks.map((check): [string, string] => [keyOfCheck(check), check.state]);
  return Object.fromEntries([...now, ...promotion.verdict.failed.map((key): [string, string] => [key, 'failed'])]);
}

/** Ends a promotion that is under way: back to where it was, or with nothing to go back from. */
async function end(
  services: PromotionServices,
  promotion: Promotion,
  state: 'rolled-back' | 'failed',
  because: string,
): Promise<Promotion | null> {
  const ended = await change(services, promotion, promotion.state, async (client) => {
    const at = new Date(services.clock.now()).toISOString();
    const seen = state === 'failed' ? because : await returnAccount(client, promotion);
    const outcome = state === 'failed' ? 'failed' : 'succeeded';
    await dropKeptCredentials(client, promotion, 'next');
    await dropKeptCredentials(client, promotion, 'former');
    await tell(client, promotion, 'posthorn.promotion.rolled_back', { reason: because });
    return {
      after: { ...withStep(services, promotion, state, outcome, seen), state, because, endedAt: at },
      action: state === 'failed' ? 'promotion.failed' : 'promotion.rolled-back',
      isFailure: true,
    };
  });
  services.connections.teamChanged(promotion.teamId);
  services.onTold();
  return ended;
}

type Change = { after: Promotion; action?: AuditAction; isFailure?: boolean };

/** One transaction: what is done, the state on record, and the entry in the audit log. Null: it was in another state. */
async function change(
  services: PromotionServices,
  promotion: Promotion,
  from: PromotionState,
  work: (client: pg.PoolClient) => Promise<Change>,
): Promise<Promotion | null> {
  const { teamId, id } = promotion;
  return inTransaction(services.database, async (client) => {
    const locked = await findPromotion(client, teamId, id, 'for update');
    if (locked?.state !== from) return null;
    const { after, action, isFailure } = await work(client);
    const switchedAt = after.state === 'switched' ? new Date(services.clock.now()).toISOString() : after.switchedAt;
    const saved = { ...after, switchedAt };
    await savePromotion(client, saved, from);
    if (action !== undefined) {
      await recordChange(byPosthorn(services), client, {
        teamId,
        action,
        target: { kind: 'promotion', id },
        fields: auditedPromotion,
        before: promotionFacts(promotion),
        after: promotionFacts(saved),
        outcome: isFailure === true ? 'failed' : 'succeeded',
      });
    }
    return saved;
  });
}

export function withStep(
  { clock }: Pick<PromotionServices, 'clock'>,
  promotion: Promotion,
  name: PromotionStep['name'],
  outcome: PromotionStep['outcome'],
  seen: string,
): Promotion {
  const step = { name, at: new Date(clock.now()).toISOString(), outcome, seen: seen.slice(0, 1_000) };
  return { ...promotion, steps: [...promotion.steps, step] };
}

/** Writes an operational event in the transaction of what it tells of. */
export async function tell(
  client: pg.PoolClient,
  promotion: Promotion,
  type: 'posthorn.promotion.completed' | 'posthorn.promotion.rolled_back',
  more: Record<string, unknown>,
): Promise<void> {
  const { id, reviewId, connectionId, override } = promotion;
  const data = { promotionId: id, reviewId, connectionId, overridden: override !== null, ...more };
  await tellTeam(client, { teamId: promotion.teamId, type, data });
}
