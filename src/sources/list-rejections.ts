import type { Context } from '../context.ts';
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
  await findSourceOrRefuse(ctx.database, teamId, sourceId);
  return (await listRejectionRows(ctx.database, teamId, sourceId, limit, after)).map(presentRejection);
}
