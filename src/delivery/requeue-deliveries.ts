import type pg from 'pg';
import { type Requeued, requeueRows } from './requeue.store.ts';

/**
 * Makes deliveries due now in a new cycle, in the caller's transaction or in one of its own. After the commit the
 * engine wants to hear of the endpoints whose deliveries were `queued`.
 * @returns one answer for each delivery that exists; `in_flight` and gone ones are left as they are.
 */
export function requeueDeliveries(
  database: Pick<pg.Pool, 'query'>,
  input: { teamId: string; deliveryIds: readonly string[] },
): Promise<Requeued[]> {
  return requeueRows(database, input.teamId, input.deliveryIds);
}
