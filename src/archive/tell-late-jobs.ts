import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lateAfterMs } from './archive-errors.rules.ts';
import { markLateJobs } from './archive-job.store.ts';
import { lateNews } from './archive-news.rules.ts';
import { putNews } from './archive-outbox.store.ts';

const batch = 500;

/** Tells teams of jobs that are not done after an hour, each once an effort. @returns how many. */
export async function tellLateJobs(ctx: Pick<Context, 'database'>): Promise<number> {
  return inTransaction(ctx.database, async (client) => {
    const late = await markLateJobs(client, { lateAfterMs, limit: batch });
    await putNews(
      client,
      late.map(({ teamId, job }) => lateNews(teamId, job, job.lastError)),
    );
    return late.length;
  });
}
