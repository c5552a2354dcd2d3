import type pg from 'pg';
import type { Coverage } from '../providers/provider-profile.ts';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';
import { decodeCoverage } from './coverage-code.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export type StoredEvent = {
  id: string;
  type: string;
  contentType: string;
  sizeBytes: number;
  orderingKey: string | null;
  occurredAt: string | null;
  acceptedAt: string;
  /** Null for an event that was posted to the API. */
  origin: {
    sourceId: string;
    /** The provider's own id of the notification. */
    externalId: string | null;
    /** What its verification proves. */
    coverage: Coverage;
    credential: string;
    /** Duplicates that came later; none of them was delivered. */
    seenAgain: { count: number; lastAt: string } | null;
  } | null;
};

type Row = {
  source_id: string | null;
  external_id: string | null;
  coverage: number | null;
  credential: string | null;
  seen_count: string | null;
  seen_last_at: Date | null;
  id: string;
  type: string;
  content_type: string;
  size: number;
  ordering_key: string | null;
  occurred_at: Date | null;
};

const columns = `e.id, e.type, e.content_type, coalesce(e.body_bytes, octet_length(e.body)) AS size, e.ordering_key,
  e.occurred_at, e.source_id, e.external_id, e.coverage, e.credential, s.count AS seen_count, s.last_at AS seen_last_at`;
const seenAgain = 'LEFT JOIN seen_again s ON s.team_id = $1 AND s.event_id = e.id';

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
    origin:
      row.source_id === null
        ? null
        : {
            sourceId: idFromUuid(idPrefixes.source, row.source_id),
            externalId: row.external_id,
            coverage: decodeCoverage(row.coverage),
            credential: row.credential ?? '',
            seenAgain:
              row.seen_last_at === null
                ? null
                : { count: Number(row.seen_count), lastAt: row.seen_last_at.toISOString() },
          },
  };
}

export type EventSearch = {
  teamId: string;
  /** Bounds on the id, as uuids: from inclusive, before exclusive. */
  from: string | null;
  before: string | null;
  type: string | null;
  /** A source's id. */
  source: string | null;
  /** Bytes of the body, or the whole ordering key. */
  text: string | null;
  limit: number;
  scanMax: number;
  bodyMaxBytes: number;
  /** Providers whose bodies are not searched: what people may not read, they may not spell out by searching. */
  unsearchedProviders: readonly string[];
};

/** Newest first, out of the newest `scanMax` events in the bounds. `scannedTo`: the last of these when there are more. */
export async function searchEvents(
  database: Queryable,
  search: EventSearch,
): Promise<{ events: StoredEvent[]; scannedTo: string | null }> {
  const source = search.source === null ? null : uuidFromId(search.source);
  // By the index of sources, so that the scan does not pass over the events of the others.
  const ofSource = source === null ? '' : ` AND source_id = '${source}'::uuid`;
  const scan = `SELECT * FROM event WHERE team_id = $1 AND id >= $2 AND id < $3${ofSource} ORDER BY id DESC`;
  const bounds = [uuidFromId(search.teamId), search.from ?? lowestUuid, search.before ?? highestUuid];
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM (${scan} LIMIT $8) e ${seenAgain}
      WHERE ($4::text IS NULL OR e.type = $4) AND ($9::uuid IS NULL OR e.source_id = $9)
        AND ($5::text IS NULL OR e.ordering_key = $5
          OR (position(convert_to($5, 'UTF8') IN substring(e.body FROM 1 FOR $6)) > 0
            AND NOT EXISTS (SELECT FROM source o WHERE o.team_id = $1 AND o.id = e.source_id AND o.provider = ANY ($10))))
      ORDER BY e.id DESC LIMIT $7`,
    [
      ...bounds,
      search.type,
      search.text,
      search.bodyMaxBytes,
      search.limit,
      search.scanMax,
      source,
      search.unsearchedProviders,
    ],
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
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM event e ${seenAgain} WHERE e.team_id = $1 AND e.id = $2`,
    [uuidFromId(teamId), uuidFromId(eventId)],
  );
  return rows[0] === undefined ? null : toEvent(rows[0]);
}

/** `provider`: of the source it came in through. With a blob key the body is in the blob store. */
export type StoredBody = { contentType: string; body: Buffer; blobKey: string | null; provider: string | null };

export async function findEventBody(database: Queryable, teamId: string, eventId: string): Promise<StoredBody | null> {
  const { rows } = await database.query<StoredBody>(
    `SELECT e.content_type AS "contentType", e.body, e.blob_key AS "blobKey", s.provider
      FROM event e LEFT JOIN source s ON s.team_id = e.team_id AND s.id = e.source_id
      WHERE e.team_id = $1 AND e.id = $2`,
    [uuidFromId(teamId), uuidFromId(eventId)],
  );
  return rows[0] ?? null;
}
