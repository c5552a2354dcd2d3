import { randomBytes } from 'node:crypto';
import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import type { Context } from '../context.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { generateSecret } from '../signing/secret.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import { checkSecret } from './endpoint-change.ts';
import type { StoredEndpoint } from './endpoint.store.ts';
import { auditedEndpoint, endpointFacts } from './endpoint-facts.ts';
import { expireSecrets, findEndpoint, insertSecret } from './endpoint.store.ts';
import { findEndpointOrRefuse } from './find-or-refuse.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';
import { openSecret, sealSecret } from './sealed-fields.ts';

const mostSecrets = 5;

/**
 * Adds a secret and lets those before it sign along for `overlapSeconds`; with 0 they end at once. The answer shows
 * the new secret, for the only time.
 * @throws Problem invalid_secret, conflict when it signs already, limit_reached when too many overlap, not_found
 */
export async function rotateSecret(
  ctx: Context,
  input: { teamId: string; endpointId: string; secret?: string | undefined; overlapSeconds: number },
): Promise<EndpointView & { secret: string }> {
  const { teamId, endpointId, overlapSeconds } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findEndpointOrRefuse(client, teamId, endpointId);
    const secret = input.secret ?? generateSecret(before.signing, randomBytes);
    checkSecret(before.signing, secret);
    if (before.secrets.some(({ id, sealed }) => openSecret(ctx.sealer, teamId, id, sealed) === secret)) {
      throw new Problem('conflict', 'This secret signs already: rotate to another one.');
    }
    if (overlapSeconds > 0 && before.secrets.length >= mostSecrets) {
      const detail = `${mostSecrets} secrets sign already: wait until one expires, or rotate with overlapSeconds 0.`;
      throw new Problem('limit_reached', detail);
    }
    await expireSecrets(client, teamId, endpointId, overlapSeconds);
    const id = ctx.ids.next(idPrefixes.secret);
    await insertSecret(client, teamId, endpointId, { id, sealed: sealSecret(ctx.sealer, teamId, id, secret) });
    const stored = (await findEndpoint(client, teamId, endpointId)) as StoredEndpoint;
    await recordChange(ctx, client, {
      teamId,
      action: 'endpoint.secret-rotated',
      target: { kind: 'endpoint', id: endpointId },
      fields: auditedEndpoint,
      before: endpointFacts(ctx.sealer, teamId, before),
      after: { ...endpointFacts(ctx.sealer, teamId, stored), overlapSeconds, secretShown: true },
    });
    return { ...presentEndpoint(ctx.sealer, teamId, stored), secret };
  });
}
