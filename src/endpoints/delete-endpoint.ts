import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import { markEndpointDeleted } from './endpoint.store.ts';
import { noSuchEndpoint } from './find-or-refuse.ts';

/**
 * Its history stays, its secrets are gone at once, and what waits for it is cancelled in the background.
 * @throws Problem not_found
 */
export async function deleteEndpoint(
  ctx: Context & { onEndpointDeleted: () => void },
  input: { teamId: string; endpointId: string },
): Promise<void> {
  const { teamId, endpointId } = input;
  if (!isId(idPrefixes.endpoint, endpointId)) throw noSuchEndpoint(endpointId);
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if (!(await markEndpointDeleted(client, teamId, endpointId))) throw noSuchEndpoint(endpointId);
  });
  ctx.onEndpointDeleted();
}
