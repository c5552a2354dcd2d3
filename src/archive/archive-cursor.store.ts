import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const eventId = (uuid: string): string => idFromUuid(idPrefixes.event, uuid);

/** A source whose events are gone through for a connection. */
export type Watch = { teamId: string; connectionId: string; sourceId: string };

/** The id below which nothing can appear any more. Ask in a statement of its own, before the one that reads events. */
export async function findArchiveHorizon(database: Queryable): Promise<string> {
  const { rows } = await database.query<{ horizon: string }>('SELECT feed_horizon() AS horizon');
  return eventId((rows[0] as { horizon: string }).horizon);
}

/** Where each watch stands, in their order; null for one that is new. */
export async function findPositions(database: Queryable, watches: readonly Watch[]): Promise<(string | null)[]> {
  const { rows } = await database.query<{ position: string | null }>(
    `SELECT c.position FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY w(team, connection, source, n)
      LEFT JOIN archive_cursor c ON c.team_id = w.team AND c.connection_id = w.connection AND c.source_id = w.source
      ORDER BY w.n`,
    columnsOf(watches),
  );
  return rows.map(({ position }) => (position === null ? null : eventId(position)));
}

/** Events of the wanted types after `low` and before `high`, at most `limit` each, oldest first. */
export type Window = Watch & { low: string; high: string };
export type FoundEvent = { index: number; id: string; type: string; subject: string | null };

export async function scanWindows(
  database: Queryable,
  windows: readonly Window[],
  types: readonly string[],
  limit: number,
): Promise<FoundEvent[]> {
  const { rows } = await database.query<{ n: string; id: string; type: string; ordering_key: string | null }>(
    `SELECT w.n, e.id, e.type, e.ordering_key
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) WITH ORDINALITY w(team, source, low, high, n)
      CROSS JOIN LATERAL (SELECT id, type, ordering_key FROM event
        WHERE team_id = w.team AND source_id = w.source AND id > w.low AND id < w.high AND type = ANY ($5)
        ORDER BY id LIMIT $6) e
      ORDER BY w.n, e.id`,
    [
      windows.map(({ teamId }) => uuidFromId(teamId)),
      windows.map(({ sourceId }) => uuidFromId(sourceId)),
      windows.map(({ low }) => uuidFromId(low)),
      windows.map(({ high }) => uuidFromId(high)),
      types,
      limit,
    ],
  );
  return rows.map((row) => ({
    index: Number(row.n) - 1,
    id: eventId(row.id),
    type: row.type,
    subject: row.ordering_key,
  }));
}

/** Moves watches on, never back. In the transaction that makes the jobs of what was passed. */
export async function savePositions(
  database: Queryable,
  positions: readonly (Watch & { position: string })[],
): Promise<void> {
  await database.query(
    `INSERT INTO archive_cursor AS c (team_id, connection_id, source_id, position)
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) u(t, c, s, p) ORDER BY t, c, s
      ON CONFLICT (team_id, connection_id, source_id) DO UPDATE SET position = excluded.position
        WHERE c.position < excluded.position`,
    [...columnsOf(positions), positions.map(({ position }) => uuidFromId(position))],
  );
}

function columnsOf(watches: readonly Watch[]): string[][] {
  return [
    watches.map(({ teamId }) => uuidFromId(teamId)),
    watches.map(({ connectionId }) => uuidFromId(connectionId)),
    watches.map(({ sourceId }) => uuidFromId(sourceId)),
  ];
}
