import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { FeedRow } from './feed-page.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const eventId = (uuid: string): string => idFromUuid(idPrefixes.event, uuid);

/** The id below which no event can appear any more. */
export async function readHorizon(database: Queryable): Promise<string> {
  const { rows } = await database.query<{ horizon: string }>('SELECT feed_horizon() AS horizon');
  return eventId((rows[0] as { horizon: string }).horizon);
}

/** The committed position, or null when the consumer is new. */
export async function findPosition(database: Queryable, teamId: string, consumer: string): Promise<string | null> {
  const { rows } = await database.query<{ position: string }>(
    'SELECT position FROM feed_consumer WHERE team_id = $1 AND name = $2',
    [uuidFromId(teamId), consumer],
  );
  return rows[0] === undefined ? null : eventId(rows[0].position);
}

/** Lets a new consumer start here; answers where it stands, which may be where another request put it meanwhile. */
export async function startConsumer(
  database: Queryable,
  teamId: string,
  consumer: string,
  position: string,
): Promise<string> {
  await database.query(
    'INSERT INTO feed_consumer (team_id, name, position) VALUES ($1, $2, $3) ON CONFLICT (team_id, name) DO NOTHING',
    [uuidFromId(teamId), consumer, uuidFromId(position)],
  );
  return (await findPosition(database, teamId, consumer)) ?? position;
}

export async function commitPosition(
  database: Queryable,
  teamId: string,
  consumer: string,
  position: string,
): Promise<void> {
  await database.query(
    `INSERT INTO feed_consumer AS c (team_id, name, position) VALUES ($1, $2, $3)
      ON CONFLICT (team_id, name) DO UPDATE SET position = excluded.position, updated_at = now()
        WHERE c.position <> excluded.position`,
    [uuidFromId(teamId), consumer, uuidFromId(position)],
  );
}

/** The events that follow, without their bodies. */
export async function scanFeed(
  database: Queryable,
  input: { teamId: string; after: string; horizon: string; scanMax: number },
): Promise<FeedRow[]> {
  const { rows } = await database.query<{ id: string; type: string; size: number }>(
    `SELECT id, type, octet_length(body) AS size FROM event
      WHERE team_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4`,
    [uuidFromId(input.teamId), uuidFromId(input.after), uuidFromId(input.horizon), input.scanMax],
  );
  return rows.map((row) => ({ id: eventId(row.id), type: row.type, sizeBytes: row.size }));
}

export type FeedEventRow = {
  id: string;
  type: string;
  contentType: string;
  orderingKey: string | null;
  occurredAt: Date | null;
  body: Buffer;
  sourceId: string | null;
  blobBytes: number | null;
};

export async function readFeedEvents(
  database: Queryable,
  teamId: string,
  eventIds: readonly string[],
): Promise<FeedEventRow[]> {
  if (eventIds.length === 0) return [];
  const { rows } = await database.query<{
    id: string;
    type: string;
    content_type: string;
    ordering_key: string | null;
    occurred_at: Date | null;
    body: Buffer;
    source_id: string | null;
    blob_bytes: number | null;
  }>(
    `SELECT id, type, content_type, ordering_key, occurred_at, body, source_id,
        CASE WHEN blob_key IS NOT NULL THEN body_bytes END AS blob_bytes FROM event
      WHERE team_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id`,
    [uuidFromId(teamId), eventIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    id: eventId(row.id),
    type: row.type,
    contentType: row.content_type,
    orderingKey: row.ordering_key,
    occurredAt: row.occurred_at,
    body: row.body,
    sourceId: row.source_id === null ? null : idFromUuid(idPrefixes.source, row.source_id),
    blobBytes: row.blob_bytes,
  }));
}

/** Which of the waiting positions have an event behind them that may be handed out, by their index. */
export async function findAwaited(
  database: Queryable,
  waiting: readonly { teamId: string; after: string }[],
  horizon: string,
): Promise<number[]> {
  const { rows } = await database.query<{ n: string }>(
    `SELECT u.n FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY u(t, a, n)
      WHERE EXISTS (SELECT FROM event e WHERE e.team_id = u.t AND e.id > u.a AND e.id < $3)`,
    [
      waiting.map((each) => uuidFromId(each.teamId)),
      waiting.map((each) => uuidFromId(each.after)),
      uuidFromId(horizon),
    ],
  );
  return rows.map((row) => Number(row.n) - 1);
}
