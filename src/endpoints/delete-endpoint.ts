import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { markEndpointDeleted } from './endpoint.store.ts';
import { auditedEndpoint, endpointFacts } from './endpoint-facts.ts';
import { findEndpointOrRefuse, noSuchEndpoint } from './find-or-refuse.ts';

/**
 * Its history stays, its secrets are gone at once, and what waits for it is cancelled in the background.
 * @throws Problem not_found
 */
export async function deleteEndpoint(
  ctx: Context & { onEndpointDeleted: () => void },
  input: { teamId: string; endpointId: string },
): Promise<void> {
  const { teamId, endpointId } = input;
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findEndpointOrRefuse(client, teamId, endpointId);
    if (!(await markEndpointDeleted(client, teamId, endpointId))) throw noSuchEndpoint(endpointId);
    await recordChange(ctx, client, {
      teamId,
      action: 'endpoint.deleted',
      target: { kind: 'endpoint', id: endpointId },
      fields: auditedEndpoint,
      before: endpointFacts(ctx.sealer, teamId, before),
    });
  });
  ctx.onEndpointDeleted();
}
