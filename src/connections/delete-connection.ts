import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import { markConnectionDeleted } from './connection.store.ts';
import { noSuchConnection } from './find-or-refuse.ts';

/**
 * The calls that were made through it stay on record; its credentials are gone at once.
 * @throws Problem not_found
 */
export async function deleteConnection(ctx: Context, input: { teamId: string; connectionId: string }): Promise<void> {
  const { teamId, connectionId } = input;
  if (!isId(idPrefixes.connection, connectionId)) throw noSuchConnection(connectionId);
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if (!(await markConnectionDeleted(client, teamId, connectionId))) throw noSuchConnection(connectionId);
  });
}
