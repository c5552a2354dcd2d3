import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { findDeliveries } from './delivery-query.store.ts';
import { deliveryNotFound, getDelivery, type ShownDelivery } from './get-delivery.ts';
import { requeueRows } from './requeue.store.ts';

/** Called after a commit that put deliveries of this endpoint in the queue, so that the engine looks at once. */
export type OnQueued = (teamId: string, endpointId: string) => void;

/** How a delivery stands in the audit log: by its state as it is stored. */
export const auditedState: AuditedFields = { state: 'shown' };

/**
 * Makes a delivery due now, whatever its state was, in a new cycle of its retry schedule. One that waits is brought
 * forward; one of an ordering key that was settled goes behind those that wait.
 * @throws Problem not_found; conflict while it is in flight, or when its endpoint was deleted
 */
export async function resendDelivery(
  ctx: AuditContext & Pick<Context, 'database'> & { onQueued: OnQueued },
  input: { teamId: string; deliveryId: string },
): Promise<ShownDelivery> {
  const { teamId, deliveryId } = input;
  if (!isId(idPrefixes.delivery, deliveryId)) throw deliveryNotFound(deliveryId);
  const requeued = await inTransaction(ctx.database, async (client) => {
    const [former] = await findDeliveries(client, teamId, [deliveryId]);
    const [found] = await requeueRows(client, teamId, [deliveryId]);
    if (found?.result === 'queued') {
      const target = { kind: 'delivery', id: deliveryId };
      // What is held is pending to the database, and stays held.
      const state = former?.state === 'held' ? 'pending' : former?.state;
      const change = { fields: auditedState, before: { state }, after: { state: 'pending' } };
      await recordChange(ctx, client, { teamId, action: 'delivery.resent', target, ...change });
    }
    return found;
  });
  if (requeued === undefined) throw deliveryNotFound(deliveryId);
  switch (requeued.result) {
    case 'in_flight':
      throw new Problem('conflict', `${deliveryId} is being sent right now; wait for this attempt to end.`, {
        retryAfterSeconds: 1,
      });
    case 'endpoint_gone':
      throw new Problem('conflict', `The endpoint of ${deliveryId} was deleted; there is nowhere to send it.`);
    case 'event_gone':
      throw new Problem('not_found', `The event of ${deliveryId} is past the team's retention; post it again.`);
    case 'queued':
      break;
  }
  ctx.onQueued(teamId, requeued.endpointId);
  return getDelivery(ctx, input);
}
