import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { type ArchiveError, decideNextStep } from './archive-errors.rules.ts';
import type { ArchiveFailure } from './archive-failure.ts';
import { settleJob } from './archive-job.store.ts';
import type { ClaimedJob } from './archive-job.ts';
import { missingNews } from './archive-news.rules.ts';
import { putNews } from './archive-outbox.store.ts';

const marginMs = 60_000;

/** Writes that a job has got everything. */
export async function settleStored(ctx: Pick<Context, 'database'>, job: ClaimedJob): Promise<void> {
  await settleJob(ctx.database, job, { state: 'stored', error: null, delayMs: 0 });
}

/**
 * Writes a failed attempt: when the next one is due, or that there is none, which the team is told in the same transaction.
 * @returns whether the team was told.
 */
export async function settleFailed(
  ctx: Pick<Context, 'database'> & { random: () => number },
  job: ClaimedJob,
  failure: Pick<ArchiveFailure, 'error' | 'retryAfterMs'> & { connection: ConnectionConfig | null },
): Promise<boolean> {
  const error: ArchiveError = failure.error;
  const leastDelayMs = Math.max(failure.retryAfterMs ?? 0, pollingDelayMs(failure.connection));
  const attempt = job.attempts + 1;
  const next = decideNextStep(error, { attempt, elapsedMs: job.elapsedMs, leastDelayMs, random: ctx.random() });
  const end = { state: next.state, error, delayMs: next.state === 'waiting' ? next.delayMs : 0 };
  if (next.state === 'waiting') {
    await settleJob(ctx.database, job, end);
    return false;
  }
  const { state } = next;
  return inTransaction(ctx.database, async (client) => {
    const settled = await settleJob(client, job, end);
    if (settled) {
      await putNews(client, [missingNews(job.teamId, { ...job, attempts: attempt }, { state, lastError: error })]);
    }
    return settled;
  });
}

/** Asking for a status again within the provider's window is what it calls polling: go-lives are refused for it. */
function pollingDelayMs(connection: ConnectionConfig | null): number {
  const rule = connection?.profile.polling ?? null;
  if (connection === null || rule === null) return 0;
  return (connection.policy.polling.windowMs ?? rule.windowMs) + marginMs;
}
