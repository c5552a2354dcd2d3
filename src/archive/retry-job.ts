import type { Context } from '../context.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { restartJob } from './archive-job.store.ts';
import type { ArchiveJob } from './archive-job.ts';

/**
 * Fetches everything of a job once more, now, whatever became of it before: a document that is damaged is whole again when
 * the provider still gives the same bytes.
 * @throws Problem not_found
 */
export async function retryJob(
  ctx: Pick<Context, 'database'> & { onJob: () => void },
  input: { teamId: string; jobId: string },
): Promise<ArchiveJob> {
  const known = isId(idPrefixes.archiveJob, input.jobId);
  const job = known ? await restartJob(ctx.database, input.teamId, input.jobId) : null;
  if (job === null) throw new Problem('not_found', `There is no archive job ${input.jobId.slice(0, 60)}.`);
  ctx.onJob();
  return job;
}
