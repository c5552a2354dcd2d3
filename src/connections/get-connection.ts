import { readAsTeam } from '../database/read-as-team.ts';
import type { ConnectionContext } from './connection-change.ts';
import { findConnectionOrRefuse } from './find-or-refuse.ts';
import type { ConnectionView } from './present-connection.ts';
import { presentConnection } from './present-connection.ts';

/** @throws Problem not_found */
export async function getConnection(
  ctx: ConnectionContext,
  input: { teamId: string; connectionId: string },
): Promise<ConnectionView> {
  const { teamId, connectionId } = input;
  const stored = await readAsTeam(ctx.database, teamId, (database) =>
    findConnectionOrRefuse(ctx, database, teamId, connectionId),
  );
  return presentConnection(ctx, stored);
}
