import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { ArchiveJob } from './archive-job.ts';
import { type JobFilter, listJobRows } from './archive-job.store.ts';

/** Newest first. @throws Problem not_found */
export async function listJobs(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; filter: JobFilter; limit: number; after: string | null },
): Promise<ArchiveJob[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listJobRows(database, input);
  });
}
