import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
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
  ctx: AuditContext & Pick<Context, 'database'> & { onJob: () => void },
  input: { teamId: string; jobId: string },
): Promise<ArchiveJob> {
  const { teamId, jobId } = input;
  const known = isId(idPrefixes.archiveJob, jobId);
  const job = await inTransaction(ctx.database, async (client) => {
    const restarted = known ? await restartJob(client, teamId, jobId) : null;
    if (restarted === null) throw new Problem('not_found', `There is no archive job ${jobId.slice(0, 60)}.`);
    const target = { kind: 'archive-job', id: jobId };
    await recordChange(ctx, client, { teamId, action: 'archive-job.retried', target, fields: {} });
    return restarted;
  });
  ctx.onJob();
  return job;
}
