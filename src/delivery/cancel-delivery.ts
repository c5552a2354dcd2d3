import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { getDelivery, type ShownDelivery } from './get-delivery.ts';
import { cancelRows } from './requeue.store.ts';
import { auditedState, type OnQueued } from './resend-delivery.ts';

/**
 * Ends a waiting delivery without another attempt; it can be resent later. The next one of its ordering key takes its
 * turn. One that is cancelled already is answered as it is.
 * @throws Problem not_found; conflict when it is in flight or settled otherwise
 */
export async function cancelDelivery(
  ctx: AuditContext & Pick<Context, 'database'> & { onQueued: OnQueued },
  input: { teamId: string; deliveryId: string },
): Promise<ShownDelivery> {
  const { endpointId } = await getDelivery(ctx, input);
  const { teamId, deliveryId } = input;
  const cancelled = await inTransaction(ctx.database, async (client) => {
    const ids = await cancelRows(client, teamId, [deliveryId]);
    if (ids.length > 0) {
      const target = { kind: 'delivery', id: deliveryId };
      const change = { fields: auditedState, before: { state: 'pending' }, after: { state: 'cancelled' } };
      await recordChange(ctx, client, { teamId, action: 'delivery.cancelled', target, ...change });
    }
    return ids;
  });
  if (cancelled.length > 0) ctx.onQueued(input.teamId, endpointId);
  const delivery = await getDelivery(ctx, input);
  if (delivery.state === 'cancelled') return delivery;
  const why = delivery.inFlight
    ? 'is being sent right now; wait for this attempt to end'
    : `is ${delivery.state} already`;
  throw new Problem('conflict', `${input.deliveryId} ${why}.`, delivery.inFlight ? { retryAfterSeconds: 1 } : {});
}
