import type pg from 'pg';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';
import type { DeliveryState } from './delivery-filter.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export type DeliverySummary = {
  id: string;
  eventId: string;
  /** Null when the event is past retention. */
  eventType: string | null;
  endpointId: string;
  state: DeliveryState;
  attemptCount: number;
  lastStatus: number | null;
  lastError: string | null;
  /** A node has it in memory and sends it as soon as the endpoint has room. */
  inFlight: boolean;
  /** Null when it is settled, held, in flight, or waits for an earlier one of its ordering key. */
  nextAttemptAt: string | null;
  createdAt: string;
  settledAt: string | null;
};

type SummaryRow = {
  id: string;
  event_id: string;
  endpoint_id: string;
  state: number;
  attempts: number;
  owned: boolean;
  last_status: number | null;
  last_error: string | null;
  settled_at: Date | null;
  event_type: string | null;
  sending: boolean;
  due_at: Date | null;
};

const stateNames = ['pending', 'succeeded', 'dead', 'cancelled'] as const;

/** The deliveries with these ids, newest first. */
export async function findDeliveries(
  database: Queryable,
  teamId: string,
  deliveryIds: readonly string[],
): Promise<DeliverySummary[]> {
  if (deliveryIds.length === 0) return [];
  const { rows } = await database.query<SummaryRow>(
    `SELECT d.id, d.event_id, d.endpoint_id, d.state, d.attempts, d.owner IS NOT NULL AS owned, d.last_status, d.last_error,
        d.settled_at, (SELECT e.type FROM event e WHERE e.team_id = $1 AND e.id = d.event_id) AS event_type,
        EXISTS (SELECT FROM endpoint p WHERE p.team_id = $1 AND p.id = d.endpoint_id AND p.status = 'active'
          AND p.deleted_at IS NULL) AS sending,
        (SELECT q.due_at FROM delivery_queue q WHERE q.team_id = $1 AND q.delivery_id = d.id AND NOT q.blocked) AS due_at
      FROM delivery d WHERE d.team_id = $1 AND d.id = ANY ($2::uuid[]) ORDER BY d.id DESC`,
    [uuidFromId(teamId), deliveryIds.map(uuidFromId)],
  );
  return rows.map(toSummary);
}

function toSummary(row: SummaryRow): DeliverySummary {
  const id = idFromUuid(idPrefixes.delivery, row.id);
  const stored = stateNames[row.state] ?? 'pending';
  const state = stored === 'pending' && !row.sending ? 'held' : stored;
  return {
    id,
    eventId: idFromUuid(idPrefixes.event, row.event_id),
    eventType: row.event_type,
    endpointId: idFromUuid(idPrefixes.endpoint, row.endpoint_id),
    state,
    attemptCount: row.attempts,
    lastStatus: row.last_status,
    lastError: row.last_error,
    inFlight: row.owned,
    nextAttemptAt: state === 'pending' && !row.owned ? (row.due_at?.toISOString() ?? null) : null,
    createdAt: new Date(timeOfId(id)).toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
  };
}

export type AttemptRow = {
  id: string;
  number: number;
  started_at: Date;
  status: number | null;
  error: string | null;
  error_message: string | null;
  request_headers: string;
  response_headers: string | null;
  response_body: Buffer | null;
  response_truncated: boolean;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  first_byte_ms: number | null;
  total_ms: number;
};

/** The latest attempts of a delivery, oldest first. */
export async function findAttempts(
  database: Queryable,
  teamId: string,
  deliveryId: string,
  limit: number,
): Promise<AttemptRow[]> {
  const { rows } = await database.query<AttemptRow>(
    `SELECT id, number, started_at, status, error, error_message, request_headers, response_headers, response_body,
        response_truncated, dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms
      FROM attempt WHERE team_id = $1 AND delivery_id = $2 ORDER BY id DESC LIMIT $3`,
    [uuidFromId(teamId), uuidFromId(deliveryId), limit],
  );
  return rows.reverse();
}

/** `provider`: of the source it came in through; such a body comes whole, so that what is live in it can be masked. */
export type SentBody = { start: Buffer; sizeBytes: number; provider: string | null };

/** The first bytes of what was sent, none of a large body; null when the event is past retention. */
export async function findSentBody(
  database: Queryable,
  teamId: string,
  eventId: string,
  maxBytes: number,
): Promise<SentBody | null> {
  const { rows } = await database.query<SentBody>(
    `SELECT CASE WHEN e.source_id IS NULL THEN substring(e.body FROM 1 FOR $3) ELSE e.body END AS start,
        coalesce(e.body_bytes, octet_length(e.body)) AS "sizeBytes", s.provider
      FROM event e LEFT JOIN source s ON s.team_id = e.team_id AND s.id = e.source_id
      WHERE e.team_id = $1 AND e.id = $2`,
    [uuidFromId(teamId), uuidFromId(eventId), maxBytes],
  );
  return rows[0] ?? null;
}
