import { randomBytes } from 'node:crypto';
import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { generateSecret } from '../signing/secret.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import type { EndpointChange, EndpointContext } from './endpoint-change.ts';
import { changeSettings, checkSecret } from './endpoint-change.ts';
import type { EndpointSettings, StoredEndpoint } from './endpoint.store.ts';
import { auditedEndpoint, endpointFacts } from './endpoint-facts.ts';
import { countEndpoints, findEndpoint, insertEndpoint, insertSecret } from './endpoint.store.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';
import { sealSecret } from './sealed-fields.ts';

const mostEndpoints = 1_000;

const defaults: EndpointSettings = {
  url: '',
  description: null,
  eventTypes: [],
  sources: null,
  signing: { scheme: 'standard-webhooks' },
  scheduleSeconds: [60, 300, 1800, 7200],
  timeoutMs: 30_000,
  ratePerSecond: null,
  concurrency: 8,
  ordering: 'none',
  inlineMaxBytes: 33_554_432,
  referenceSeconds: 86_400,
  filter: null,
  headersSealed: null,
  clientTlsSealed: null,
  disableAfterSeconds: 432_000,
  status: 'active',
  statusReason: null,
};

export type NewEndpoint = EndpointChange & {
  teamId: string;
  url: string;
  eventTypes: string[];
  secret?: string | undefined;
};

/**
 * Creates an endpoint and answers its secret, for the only time. Ordered endpoints send one at a time for each key.
 * @throws Problem of changeSettings, limit_reached, not_found
 */
export async function createEndpoint(
  ctx: EndpointContext,
  input: NewEndpoint,
): Promise<EndpointView & { secret: string }> {
  const { teamId } = input;
  const endpointId = ctx.ids.next(idPrefixes.endpoint);
  const settings = changeSettings(ctx, { teamId, endpointId }, defaults, input);
  const secret = input.secret ?? generateSecret(settings.signing, randomBytes);
  checkSecret(settings.signing, secret);
  const secretId = ctx.ids.next(idPrefixes.secret);
  const sealed = sealSecret(ctx.sealer, teamId, secretId, secret);
  const stored = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if ((await countEndpoints(client, teamId)) >= mostEndpoints) {
      throw new Problem('limit_reached', `A team has at most ${mostEndpoints} endpoints: delete one that is not used.`);
    }
    await insertEndpoint(client, teamId, endpointId, settings);
    await insertSecret(client, teamId, endpointId, { id: secretId, sealed });
    const made = (await findEndpoint(client, teamId, endpointId)) as StoredEndpoint;
    await recordChange(ctx, client, {
      teamId,
      action: 'endpoint.created',
      target: { kind: 'endpoint', id: endpointId },
      fields: auditedEndpoint,
      after: { ...endpointFacts(ctx.sealer, teamId, made), secretShown: true },
    });
    return made;
  });
  return { ...presentEndpoint(ctx.sealer, teamId, stored), secret };
}
