import type pg from 'pg';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export type StoredEvent = {
  id: string;
  type: string;
  contentType: string;
  sizeBytes: number;
  orderingKey: string | null;
  occurredAt: string | null;
  acceptedAt: string;
};

type Row = {
  id: string;
  type: string;
  content_type: string;
  size: number;
  ordering_key: string | null;
  occurred_at: Date | null;
};

const columns = 'e.id, e.type, e.content_type, octet_length(e.body) AS size, e.ordering_key, e.occurred_at';

function toEvent(row: Row): StoredEvent {
  const id = idFromUuid(idPrefixes.event, row.id);
  return {
    id,
    type: row.type,
    contentType: row.content_type,
    sizeBytes: row.size,
    orderingKey: row.ordering_key,
    occurredAt: row.occurred_at?.toISOString() ?? null,
    acceptedAt: new Date(timeOfId(id)).toISOString(),
  };
}

export type EventSearch = {
  teamId: string;
  /** Bounds on the id, as uuids: from inclusive, before exclusive. */
  from: string | null;
  before: string | null;
  type: string | null;
  /** Bytes of the body, or the whole ordering key. */
  text: string | null;
  limit: number;
  scanMax: number;
  bodyMaxBytes: number;
};

/** Newest first, out of the newest `scanMax` events in the bounds. `scannedTo`: the last of these when there are more. */
export async function searchEvents(
  database: Queryable,
  search: EventSearch,
): Promise<{ events: StoredEvent[]; scannedTo: string | null }> {
  const scan = `SELECT * FROM event WHERE team_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC`;
  const bounds = [uuidFromId(search.teamId), search.from ?? lowestUuid, search.before ?? highestUuid];
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM (${scan} LIMIT $8) e
      WHERE ($4::text IS NULL OR e.type = $4)
        AND ($5::text IS NULL OR e.ordering_key = $5
          OR position(convert_to($5, 'UTF8') IN substring(e.body FROM 1 FOR $6)) > 0)
      ORDER BY e.id DESC LIMIT $7`,
    [...bounds, search.type, search.text, search.bodyMaxBytes, search.limit, search.scanMax],
  );
  const events = rows.map(toEvent);
  if (events.length === search.limit) return { events, scannedTo: null };
  const end = await database.query<{ id: string }>(`SELECT e.id FROM (${scan} OFFSET $4 LIMIT 1) e`, [
    ...bounds,
    search.scanMax - 1,
  ]);
  const scannedTo = end.rows[0]?.id;
  return { events, scannedTo: scannedTo === undefined ? null : idFromUuid(idPrefixes.event, scannedTo) };
}

const lowestUuid = '00000000-0000-0000-0000-000000000000';
const highestUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export async function findEvent(database: Queryable, teamId: string, eventId: string): Promise<StoredEvent | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM event e WHERE e.team_id = $1 AND e.id = $2`, [
    uuidFromId(teamId),
    uuidFromId(eventId),
  ]);
  return rows[0] === undefined ? null : toEvent(rows[0]);
}

export async function findEventBody(
  database: Queryable,
  teamId: string,
  eventId: string,
): Promise<{ contentType: string; body: Buffer } | null> {
  const { rows } = await database.query<{ content_type: string; body: Buffer }>(
    'SELECT content_type, body FROM event WHERE team_id = $1 AND id = $2',
    [uuidFromId(teamId), uuidFromId(eventId)],
  );
  return rows[0] === undefined ? null : { contentType: rows[0].content_type, body: rows[0].body };
}
