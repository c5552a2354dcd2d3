import type pg from 'pg';
import { floorId, idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A call that the provider may have counted: what the polling guard remembers. */
export type RecentCall = { callId: string; resource: string; subject: string | null; operation: string; atMs: number };

/** A call that never left: from the cache, served or refused by the guard, or ended before its first try. */
const neverLeft = `(outcome IN (1, 2) AND (cache IS NOT NULL OR polling IN ('served', 'refused') OR tries_count = 0))`;
/** Days of the future are not looked at. */
const untilNow = `id < uuid_floor(now() + interval '1 minute')`;
const floor = (atMs: number): string => uuidFromId(floorId(idPrefixes.call, Math.max(0, Math.ceil(atMs))));

/** Counted GETs of a connection, the newest `most` of them, oldest first. */
export async function readRecentCalls(
  database: Queryable,
  input: { connectionId: string; sinceMs: number; most: number },
): Promise<RecentCall[]> {
  const { rows } = await database.query<{ id: string; resource: string; subject: string | null; operation: string }>(
    `SELECT id, resource, subject, operation FROM call
      WHERE connection_id = $1 AND id >= $2 AND ${untilNow} AND counted AND method = 'GET' AND resource IS NOT NULL AND ${neverLeft} IS NOT TRUE
      ORDER BY id DESC LIMIT $3`,
    [uuidFromId(input.connectionId), floor(input.sinceMs), input.most],
  );
  return rows.reverse().map(({ id, resource, subject, operation }) => {
    const callId = idFromUuid(idPrefixes.call, id);
    return { callId, resource, subject, operation, atMs: timeOfId(callId) };
  });
}

/** Requests that went out through a connection, retries included, by what they were. */
export type BudgetUse = { method: string; operation: string; template: string; requests: number };

export async function readBudgetUse(
  database: Queryable,
  input: { connectionId: string; sinceMs: number; most: number },
): Promise<BudgetUse[]> {
  const { rows } = await database.query<BudgetUse>(
    `SELECT method, operation, template, sum(greatest(coalesce(tries_count, 1), 1))::integer AS requests FROM (
       SELECT method, operation, template, tries_count FROM call
         WHERE connection_id = $1 AND id >= $2 AND ${untilNow} AND ${neverLeft} IS NOT TRUE ORDER BY id DESC LIMIT $3) c
     GROUP BY method, operation, template ORDER BY requests DESC`,
    [uuidFromId(input.connectionId), floor(input.sinceMs), input.most],
  );
  return rows;
}

type EventQuestion = { teamId: string; sourceIds: readonly string[]; subject: string; sinceMs: number; most: number };

/**
 * Of the newest `most` events of each source (at least one): the time of the newest whose ordering key is the subject,
 * and whose type is one of `types` unless that is null; null where there is none.
 */
export async function readLastEventAt(
  database: Queryable,
  { teamId, sourceIds, subject, sinceMs, most, types }: EventQuestion & { types: readonly string[] | null },
): Promise<number | null> {
  // Uuids of our own making, named: the planner has to know the source to go by its index.
  const ofEach = sourceIds.map(
    (sourceId) => `(SELECT n.id FROM (
        SELECT e.id, e.ordering_key, e.type FROM event e WHERE e.team_id = $1
          AND e.source_id = '${uuidFromId(sourceId)}'::uuid AND e.id >= $2 AND e.${untilNow} ORDER BY e.id DESC LIMIT $4) n
      WHERE n.ordering_key = $3 AND ($5::text[] IS NULL OR n.type = ANY ($5)) ORDER BY n.id DESC LIMIT 1)`,
  );
  const { rows } = await database.query<{ id: string }>(
    `SELECT x.id FROM (${ofEach.join(' UNION ALL ')}) x ORDER BY x.id DESC LIMIT 1`,
    [uuidFromId(teamId), floor(sinceMs), subject, most, types],
  );
  const id = rows[0]?.id;
  return id === undefined ? null : timeOfId(idFromUuid(idPrefixes.event, id));
}

/** Pairs of calls of which the second repeats the first, newest first. */
export type ViolationRow = {
  id: string;
  connection_id: string;
  provider: string;
  environment: string;
  method: string;
  path: string;
  operation: string;
  subject: string | null;
  resource: string | null;
  repeats_id: string;
  repeats_ago_ms: number;
  repeats_pattern: 'repeat' | 'list-then-get';
  first_operation: string | null;
  first_path: string | null;
};

export async function readViolations(
  database: Queryable,
  input: { teamId: string; connectionId: string | null; from: string; before: string; limit: number; scanMax: number },
): Promise<{ rows: ViolationRow[]; scannedTo: string | null }> {
  const scan = `SELECT * FROM call WHERE team_id = $1 AND id >= $2 AND id < $3 AND polling IS NOT NULL ORDER BY id DESC`;
  const bounds = [uuidFromId(input.teamId), input.from, input.before];
  const { rows } = await database.query<ViolationRow>(
    `SELECT c.id, c.connection_id, c.provider, c.environment, c.method, c.path, c.operation, c.subject, c.resource,
        c.repeats_id, c.repeats_ago_ms, c.repeats_pattern, f.operation AS first_operation, f.path AS first_path
      FROM (SELECT * FROM (${scan} LIMIT $4) s WHERE s.polling = 'violation' AND s.repeats_id IS NOT NULL
          AND ($6::uuid IS NULL OR s.connection_id = $6) ORDER BY s.id DESC LIMIT $5) c
      LEFT JOIN LATERAL (SELECT operation, path FROM call p WHERE p.team_id = $1 AND p.id = c.repeats_id) f ON true
      ORDER BY c.id DESC`,
    [...bounds, input.scanMax, input.limit, input.connectionId === null ? null : uuidFromId(input.connectionId)],
  );
  if (rows.length === input.limit) return { rows, scannedTo: null };
  const end = await database.query<{ id: string }>(`SELECT s.id FROM (${scan} OFFSET $4 LIMIT 1) s`, [
    ...bounds,
    input.scanMax - 1,
  ]);
  const id = end.rows[0]?.id;
  return { rows, scannedTo: id === undefined ? null : idFromUuid(idPrefixes.call, id) };
}
