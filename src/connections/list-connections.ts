import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { ConnectionContext } from './connection-change.ts';
import { listConnectionRows } from './connection.store.ts';
import type { ConnectionView } from './present-connection.ts';
import { presentConnection } from './present-connection.ts';

/** Newest first. @throws Problem not_found */
export async function listConnections(
  ctx: ConnectionContext,
  input: { teamId: string; limit: number; after: string | null },
): Promise<ConnectionView[]> {
  const stored = await readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listConnectionRows(database, input, ctx.clock.now());
  });
  return stored.map((connection) => presentConnection(ctx, connection));
}
