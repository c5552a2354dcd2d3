import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedConnection, connectionFacts } from './connection-facts.ts';
import { markConnectionDeleted } from './connection.store.ts';
import { findConnectionOrRefuse, noSuchConnection } from './find-or-refuse.ts';

/**
 * The calls that were made through it stay on record; its credentials are gone at once.
 * @throws Problem not_found
 */
export async function deleteConnection(ctx: Context, input: { teamId: string; connectionId: string }): Promise<void> {
  const { teamId, connectionId } = input;
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findConnectionOrRefuse(ctx, client, teamId, connectionId);
    if (!(await markConnectionDeleted(client, teamId, connectionId))) throw noSuchConnection(connectionId);
    await recordChange(ctx, client, {
      teamId,
      action: 'connection.deleted',
      target: { kind: 'connection', id: connectionId },
      fields: auditedConnection,
      before: connectionFacts(before),
    });
  });
}
