import type pg from 'pg';
import { decodeCoverage } from '../events/coverage-code.rules.ts';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Coverage } from '../providers/provider-profile.ts';
import type { ListeningRow } from './listening-page.rules.ts';
import type { ListeningScope } from './listening-scope.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const eventId = (uuid: string): string => idFromUuid(idPrefixes.event, uuid);

export async function sourceExists(database: Queryable, teamId: string, sourceId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    'SELECT FROM source WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL',
    [uuidFromId(teamId), uuidFromId(sourceId)],
  );
  return rowCount === 1;
}

/**
 * The events that follow a place. Those of an endpoint follow in the order of their deliveries, whose ids are made
 * with the event's and just after it: the horizon holds for them too, and their own index leads to them.
 */
export async function scanScope(
  database: Queryable,
  scope: ListeningScope,
  bounds: { after: string; horizon: string; scanMax: number },
): Promise<ListeningRow[]> {
  const { teamId, sourceId, endpointId } = scope;
  const values: unknown[] = [
    uuidFromId(teamId),
    uuidFromId(bounds.after),
    uuidFromId(bounds.horizon),
    bounds.scanMax,
    ...[sourceId, endpointId].filter((id) => id !== null).map(uuidFromId),
  ];
  const ofSource = sourceId === null ? '' : ' AND e.source_id = $5';
  const size = 'coalesce(e.body_bytes, octet_length(e.body)) AS size';
  const { rows } = await database.query<{ place: string; id: string; type: string; size: number }>(
    endpointId === null
      ? `SELECT e.id AS place, e.id, e.type, ${size} FROM event e
          WHERE e.team_id = $1 AND e.id > $2 AND e.id < $3${ofSource} ORDER BY e.id LIMIT $4`
      : `SELECT d.id AS place, e.id, e.type, ${size}
          FROM delivery d JOIN event e ON e.team_id = d.team_id AND e.id = d.event_id
          WHERE d.team_id = $1 AND d.id > $2 AND d.id < $3 AND d.endpoint_id = $${values.length}${ofSource}
          ORDER BY d.id LIMIT $4`,
    values,
  );
  return rows.map((row) => ({
    place: eventId(row.place),
    id: eventId(row.id),
    type: row.type,
    sizeBytes: row.size,
  }));
}

export type ListenedEventRow = {
  id: string;
  type: string;
  contentType: string;
  orderingKey: string | null;
  occurredAtMs: number | null;
  /** Null when it is larger than asked for. */
  body: Buffer | null;
  sizeBytes: number;
  origin: { sourceId: string; coverage: Coverage } | null;
};

// As the accept path stores them.

export async function readListenedEvents(
  database: Queryable,
  teamId: string,
  eventIds: readonly string[],
  bodyMaxBytes: number,
): Promise<ListenedEventRow[]> {
  if (eventIds.length === 0) return [];
  const { rows } = await database.query<{
    id: string;
    type: string;
    content_type: string;
    ordering_key: string | null;
    occurred_at: Date | null;
    body: Buffer | null;
    size: number;
    source_id: string | null;
    coverage: number | null;
  }>(
    `SELECT e.id, e.type, e.content_type, e.ordering_key, e.occurred_at, e.source_id, e.coverage, s.size,
        CASE WHEN e.blob_key IS NULL AND s.size <= $3 THEN e.body END AS body
      FROM event e, LATERAL (SELECT coalesce(e.body_bytes, octet_length(e.body)) AS size) s
      WHERE e.team_id = $1 AND e.id = ANY ($2::uuid[]) ORDER BY e.id`,
    [uuidFromId(teamId), eventIds.map(uuidFromId), bodyMaxBytes],
  );
  return rows.map((row) => ({
    id: eventId(row.id),
    type: row.type,
    contentType: row.content_type,
    orderingKey: row.ordering_key,
    occurredAtMs: row.occurred_at?.getTime() ?? null,
    body: row.body,
    sizeBytes: row.size,
    origin:
      row.source_id === null
        ? null
        : {
            sourceId: idFromUuid(idPrefixes.source, row.source_id),
            coverage: decodeCoverage(row.coverage),
          },
  }));
}
