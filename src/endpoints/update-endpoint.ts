import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { generateSecret, parseSecret } from '../signing/secret.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import type { EndpointChange, EndpointContext } from './endpoint-change.ts';
import { changeSettings, checkSecret } from './endpoint-change.ts';
import type { EndpointSettings, StoredEndpoint } from './endpoint.store.ts';
import { auditedEndpoint, endpointFacts } from './endpoint-facts.ts';
import { clearFailing, expireSecrets, findEndpoint, insertSecret, replaceEndpoint } from './endpoint.store.ts';
import { findEndpointOrRefuse } from './find-or-refuse.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';
import { openSecret, sealSecret } from './sealed-fields.ts';

export type ChangedEndpoint = EndpointChange & {
  teamId: string;
  endpointId: string;
  /** Replaces all secrets at once: meant for a new signing scheme. Otherwise rotate. */
  secret?: string | undefined;
};

/**
 * Changes what is given. A secret that the new signing scheme cannot use is replaced at once, and the answer holds the
 * new one.
 * @throws Problem of changeSettings, invalid_secret, not_found
 */
export async function updateEndpoint(
  ctx: EndpointContext,
  input: ChangedEndpoint,
): Promise<EndpointView & { secret?: string }> {
  const { teamId, endpointId } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findEndpointOrRefuse(client, teamId, endpointId);
    const after = changeSettings(ctx, { teamId, endpointId }, before, input);
    const secret = await replaceSecret(ctx, client, before, after, input);
    await replaceEndpoint(client, teamId, endpointId, after);
    if (after.status === 'active' && before.status !== 'active') await clearFailing(client, teamId, endpointId);
    const stored = (await findEndpoint(client, teamId, endpointId)) as StoredEndpoint;
    await recordChange(ctx, client, {
      teamId,
      action: 'endpoint.updated',
      target: { kind: 'endpoint', id: endpointId },
      fields: auditedEndpoint,
      before: endpointFacts(ctx.sealer, teamId, before),
      after: { ...endpointFacts(ctx.sealer, teamId, stored), ...(secret === null ? {} : { secretShown: true }) },
    });
    const view = presentEndpoint(ctx.sealer, teamId, stored);
    return secret === null ? view : { ...view, secret };
  });
}

async function replaceSecret(
  ctx: EndpointContext,
  client: pg.PoolClient,
  before: StoredEndpoint,
  after: EndpointSettings,
  { teamId, endpointId, secret: given }: ChangedEndpoint,
): Promise<string | null> {
  const fits = before.secrets.every(({ id, sealed }) => {
    return parseSecret(after.signing, openSecret(ctx.sealer, teamId, id, sealed)).ok;
  });
  if (fits && given === undefined) return null;
  const secret = given ?? generateSecret(after.signing, randomBytes);
  checkSecret(after.signing, secret);
  await expireSecrets(client, teamId, endpointId, 0);
  const id = ctx.ids.next(idPrefixes.secret);
  await insertSecret(client, teamId, endpointId, { id, sealed: sealSecret(ctx.sealer, teamId, id, secret) });
  return secret;
}
