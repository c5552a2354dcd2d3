import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { getReplay } from './get-replay.ts';
import type { Replay } from './replay.ts';
import { markReplayCancelled } from './replay.store.ts';

/**
 * Stops a running replay; what it has made due stays due. One that is cancelled already is answered as it is.
 * @throws Problem not_found; conflict when it has finished
 */
export async function cancelReplay(
  ctx: AuditContext & Pick<Context, 'database'>,
  input: { teamId: string; replayId: string },
): Promise<Replay> {
  await getReplay(ctx, input);
  const { teamId, replayId } = input;
  await inTransaction(ctx.database, async (client) => {
    if (!(await markReplayCancelled(client, teamId, replayId))) return;
    const target = { kind: 'replay', id: replayId };
    await recordChange(ctx, client, {
      teamId,
      action: 'replay.cancelled',
      target,
      fields: { state: 'shown' },
      before: { state: 'running' },
      after: { state: 'cancelled' },
    });
  });
  const replay = await getReplay(ctx, input);
  if (replay.state === 'finished') throw new Problem('conflict', `${replay.id} has finished already.`);
  return replay;
}
