import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import type { ClosingProbe } from './closing-probe.ts';
import { listProbeRows } from './closing-probe.store.ts';
import { findConnectionOrRefuse } from './find-or-refuse.ts';

const mostListed = 200;

/** Credentials of a connection that were removed or have ended, the newest first. @throws Problem not_found */
export async function listClosingProbes(
  ctx: Pick<Context, 'database' | 'clock'>,
  input: { teamId: string; connectionId: string },
): Promise<ClosingProbe[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await findConnectionOrRefuse(ctx, database, input.teamId, input.connectionId);
    return listProbeRows(database, input, mostListed);
  });
}
