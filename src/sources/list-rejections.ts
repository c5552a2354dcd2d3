import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { findSourceOrRefuse } from './find-or-refuse.ts';
import type { RejectionView } from './present-source.ts';
import { presentRejection } from './present-source.ts';
import { listRejectionRows } from './source-activity.store.ts';

/** Newest minute first. @throws Problem not_found */
export async function listRejections(
  ctx: Context,
  input: { teamId: string; sourceId: string; limit: number; after: { minuteMs: number; reason: string } | null },
): Promise<RejectionView[]> {
  const { teamId, sourceId, limit, after } = input;
  const rows = await readAsTeam(ctx.database, teamId, async (database) => {
    await findSourceOrRefuse(database, teamId, sourceId);
    return listRejectionRows(database, teamId, sourceId, limit, after);
  });
  return rows.map(presentRejection);
}
