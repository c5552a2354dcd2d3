import { randomBytes } from 'node:crypto';
import { recordChange } from '../audit/record-change.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import { credentialFields } from '../connections/credential-kinds.rules.ts';
import { readTeamConfigs } from '../connections/read-team-configs.ts';
import { type GivenAccount, planAccount, type PlannedAccount, readAccount } from '../connections/switch-account.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { Problem } from '../problem.ts';
import type { ReviewView } from '../reviews/review.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedPromotion, promotionFacts } from './audited-fields.rules.ts';
import { keyOfCheck } from './check-key.rules.ts';
import { listFreezeRows } from './freeze-window.store.ts';
import { freezeAt, refusePromotion } from './may-promote.rules.ts';
import type { Override, Promotion, Smoke } from './promotion.ts';
import { keepCredentials } from './promotion-credential.store.ts';
import { findNewestOf, insertPromotion } from './promotion.store.ts';
import type { PromotingContext } from './promotion-services.ts';
import { type GivenValue, sandboxRemains } from './remains.rules.ts';
import { throwRefusal } from './throw-refusal.ts';

export type NewPromotion = {
  teamId: string;
  review: string;
  connection: string;
  production: GivenAccount;
  smoke?: { path?: string | undefined; endpoint?: string | undefined } | undefined;
  override?: { reason: string } | undefined;
  /** The provider's user who promoted the key there, and when. */
  promoter?: { userId: string; at?: string | undefined } | undefined;
};

/**
 * Decides on a promotion and puts it on record, with what is needed to go back; a worker does the rest.
 * @throws Problem review_not_passed, promotion_frozen, sandbox_remains, forbidden, conflict, invalid_request,
 * invalid_base_url, invalid_credential, not_found
 */
export async function startPromotion(ctx: PromotingContext, input: NewPromotion): Promise<Promotion> {
  const { teamId, review: reviewId, connection: connectionId } = input;
  if (!isId(idPrefixes.review, reviewId)) throw new Problem('not_found', `There is no review ${reviewId}.`);
  const view = await ctx.reviews.view(teamId, reviewId);
  requireParts(view, connectionId, input.smoke?.endpoint ?? null);
  const nowMs = ctx.clock.now();
  const freeze = freezeAt(await listFreezeRows(ctx.database, teamId), nowMs);
  const refusal = refusePromotion({
    verdict: view.verdict,
    freeze,
    override: input.override ?? null,
    actor: ctx.actor,
  });
  if (refusal !== null) throwRefusal(refusal);

  const planned = await planAccount(ctx, { teamId, connectionId, environment: 'production', given: input.production });
  if (planned.connection.environment === 'production') {
    throw new Problem('conflict', `${connectionId} leads to production already.`);
  }
  refuseRemains(await readTeamConfigs(ctx, teamId), planned);
  const at = new Date(nowMs).toISOString();
  const override: Override | null =
    input.override === undefined
      ? null
      : { reason: input.override.reason, by: actorName(ctx.actor), at, freeze: freeze?.reason ?? null };
  const { passed, because } = view.verdict;
  const draft = {
    teamId,
    id: ctx.ids.next(idPrefixes.promotion),
    reviewId,
    connectionId,
    state: 'preparing' as const,
    target: {
      baseUrl: planned.account.baseUrl,
      options: planned.account.options,
      credentials: planned.account.credentials.map(({ name }) => name),
    },
    smoke: smokeOf(input, view),
    verdict: {
      passed,
      because: because.slice(0, 50),
      evidenceHash: view.evidenceHash,
      failed: view.checks.filter(({ state }) => state === 'failed').map(keyOfCheck),
    },
    override,
    requestedBy: actorName(ctx.actor),
    promoter:
      input.promoter === undefined
        ? null
        : { userId: input.promoter.userId, atMs: Date.parse(input.promoter.at ?? at) },
    because: null,
    createdAt: at,
    switchedAt: null,
    endedAt: null,
  };
  const promotion = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const { credentials: former, ...account } = await readAccount(ctx, client, { teamId, connectionId });
    const newest = await findNewestOf(client, teamId, connectionId);
    if (newest !== null && ['preparing', 'switched', 'smoke-passed'].includes(newest.state)) {
      throw new Problem('conflict', `${newest.id} is under way for this connection: wait until it ends.`);
    }
    const seen = override === null ? 'The review is passed.' : `Decided by ${override.by}: ${override.reason}`;
    const made: Promotion = {
      ...draft,
      former: account,
      steps: [{ name: 'decided', at, outcome: 'succeeded', seen }],
    };
    await insertPromotion(client, made);
    await keepCredentials(client, made, 'former', former);
    await keepCredentials(client, made, 'next', planned.account.credentials);
    await recordChange(ctx, client, {
      teamId,
      action: 'promotion.started',
      target: { kind: 'promotion', id: made.id },
      fields: auditedPromotion,
      after: promotionFacts(made),
    });
    return made;
  });
  ctx.onPromotion();
  return promotion;
}

function requireParts({ review }: ReviewView, connectionId: string, endpointId: string | null): void {
  if (review.status === 'closed') throw new Problem('conflict', 'The review is closed: open another one.');
  const { connections, endpoints } = review.integration;
  if (!connections.includes(connectionId)) {
    throw new Problem('invalid_request', 'The review is not about this connection.', {
      errors: [{ pointer: '/connection', message: 'is no connection of the review' }],
    });
  }
  if (endpointId !== null && !endpoints.includes(endpointId)) {
    throw new Problem('invalid_request', 'The review is not about this endpoint.', {
      errors: [{ pointer: '/smoke/endpoint', message: 'is no endpoint of the review' }],
    });
  }
}

/** One endpoint is enough to see that events go out; the first unless one is named. */
function smokeOf({ smoke }: NewPromotion, { review }: ReviewView): Smoke {
  return { path: smoke?.path ?? null, endpoint: smoke?.endpoint ?? review.integration.endpoints[0] ?? null };
}

function refuseRemains(connections: readonly ConnectionConfig[], planned: PlannedAccount): void {
  const { account, opened, profile } = planned;
  const sandboxes = connections.filter(({ environment }) => environment === 'sandbox');
  const errors = sandboxRemains(
    { values: valuesOf(planned), baseUrl: account.baseUrl },
    sandboxes.map((each) => ({
      connectionId: each.id,
      secrets: secretsOf(each.credentials),
      origin: each.baseUrl === null ? null : originOf(each, account.baseUrl),
    })),
    randomBytes(32),
    (value) => profile.problemOfSecret?.(value, 'production') ?? null,
  );
  if (errors.length === 0) return;
  const where = opened.length === 1 ? 'the credential' : 'the credentials';
  throw new Problem(
    'sandbox_remains',
    `Something of the sandbox is left in ${where}, options or address; each error says where.`,
    {
      errors,
    },
  );
}

/** Simulators of both environments may be on one machine; everywhere else an address is one environment's. */
function originOf({ baseUrl }: ConnectionConfig, target: string | null): string | null {
  if (baseUrl === null || (target !== null && isLoopback(target))) return null;
  return new URL(baseUrl).origin;
}

function isLoopback(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}

function valuesOf({ account, opened }: PlannedAccount): GivenValue[] {
  const options = Object.entries(account.options).map(([name, value]) => {
    return { pointer: `/production/options/${name}`, value: String(value), secret: false };
  });
  const credentials = opened.flatMap(({ kind, fields }, index) =>
    Object.entries(fields).flatMap(([name, field]): GivenValue[] => {
      if (!('value' in field)) return [];
      const pointer = `/production/credentials/${index}/fields/${name}`;
      return [{ pointer, value: field.value, secret: isSecret(kind, name) }];
    }),
  );
  return [...options, ...credentials];
}

function secretsOf(credentials: PlannedAccount['opened']): string[] {
  return credentials.flatMap(({ kind, fields }) =>
    Object.entries(fields).flatMap(([name, field]) => ('value' in field && isSecret(kind, name) ? [field.value] : [])),
  );
}

function isSecret(kind: keyof typeof credentialFields, name: string): boolean {
  const specs: Readonly<Record<string, { secret: boolean }>> = credentialFields[kind];
  return specs[name]?.secret === true;
}
