import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

type RequeueResult = 'queued' | 'in_flight' | 'event_gone' | 'endpoint_gone';
export type Requeued = { deliveryId: string; endpointId: string; result: RequeueResult };

type Queryable = Pick<pg.Pool, 'query'>;

/** One answer for each delivery that exists; see the SQL function. */
export async function requeueRows(
  database: Queryable,
  teamId: string,
  deliveryIds: readonly string[],
): Promise<Requeued[]> {
  const { rows } = await database.query<{ delivery_id: string; endpoint_id: string; result: RequeueResult }>(
    'SELECT * FROM requeue_deliveries($1, $2::uuid[])',
    [uuidFromId(teamId), deliveryIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    deliveryId: idFromUuid(idPrefixes.delivery, row.delivery_id),
    endpointId: idFromUuid(idPrefixes.endpoint, row.endpoint_id),
    result: row.result,
  }));
}

/** The ids of those that were cancelled. */
export async function cancelRows(
  database: Queryable,
  teamId: string,
  deliveryIds: readonly string[],
): Promise<string[]> {
  const { rows } = await database.query<{ cancelled: string[] }>(
    'SELECT cancel_deliveries($1, $2::uuid[]) AS cancelled',
    [uuidFromId(teamId), deliveryIds.map(uuidFromId)],
  );
  return (rows[0]?.cancelled ?? []).map((id) => idFromUuid(idPrefixes.delivery, id));
}
