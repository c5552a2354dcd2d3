import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { requeueDeliveries } from '../delivery/requeue-deliveries.ts';
import type { OnQueued } from '../delivery/resend-delivery.ts';
import { scanDeliveries } from '../delivery/scan-deliveries.ts';
import { lockDueReplay, saveReplayPage } from './replay.store.ts';
import { pageLimit, restAfterPageMs } from './replay-rate.rules.ts';

/** Rows of an index that one page may look at; a dry run holds no locks that matter, and looks at more. */
const scanMax = 10_000;
const dryScanMax = 50_000;

/**
 * Works on one page of one running replay: finds the deliveries that follow its position, makes them due, and saves
 * the position in the same transaction. A crash in the middle undoes both, so that none is skipped and none is sent
 * for it twice. Two nodes never work on the same replay at once: the row is locked meanwhile.
 * @returns null when no page is due.
 */
export async function workReplayPage(
  ctx: Pick<Context, 'database'> & { onQueued: OnQueued },
  only: { teamId: string; replayId: string } | null,
): Promise<{ finished: boolean } | null> {
  const queuedFor = new Map<string, string>();
  const worked = await inTransaction(ctx.database, async (client) => {
    const due = await lockDueReplay(client, only);
    if (due === null) return null;
    const { replay } = due;
    const { teamId, dryRun, ratePerSecond } = replay;
    const { ids, next } = await scanDeliveries(client, {
      teamId,
      filter: replay.filter,
      after: due.after,
      descending: false,
      limit: dryRun ? dryScanMax : pageLimit(ratePerSecond),
      scanMax: dryRun ? dryScanMax : scanMax,
    });
    const requeued = dryRun || ids.length === 0 ? [] : await requeueDeliveries(client, { teamId, deliveryIds: ids });
    const queued = requeued.filter((each) => each.result === 'queued');
    for (const { endpointId } of queued) queuedFor.set(endpointId, teamId);
    await saveReplayPage(client, replay, {
      after: next,
      matched: ids.length,
      resent: queued.length,
      waitMs: dryRun ? 0 : restAfterPageMs(ratePerSecond, ids.length),
    });
    return { finished: next === null };
  });
  for (const [endpointId, teamId] of queuedFor) ctx.onQueued(teamId, endpointId);
  return worked;
}
