import type { ConnectionContext } from './connection-change.ts';
import { findConnectionOrRefuse } from './find-or-refuse.ts';
import type { ConnectionView } from './present-connection.ts';
import { presentConnection } from './present-connection.ts';

/** @throws Problem not_found */
export async function getConnection(
  ctx: ConnectionContext,
  input: { teamId: string; connectionId: string },
): Promise<ConnectionView> {
  return presentConnection(ctx, await findConnectionOrRefuse(ctx, ctx.database, input.teamId, input.connectionId));
}
