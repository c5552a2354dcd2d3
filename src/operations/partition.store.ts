import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';
import { floorId, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

const dayMs = 86_400_000;
/** Nothing waits for a call: it goes with its day, whatever keeps the events. */
const callParents = ['call_body', 'call'] as const;
const parents = ['delivery', 'attempt', 'event', 'seen_again'] as const;
type Parent = (typeof parents)[number] | (typeof callParents)[number];

/** The partitions of one UTC day that exist. */
export type Day = { startMs: number; tables: { parent: Parent; name: string }[] };

/** Fails with lock_not_available (55P03) instead of holding up everyone behind it. */
async function withinLockTimeout<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, async (client) => {
    await client.query(`SET LOCAL lock_timeout = '2s'`);
    return work(client);
  });
}

/** @returns how many partitions were made. */
export async function makeDayPartitions(pool: pg.Pool, daysAhead: number): Promise<number> {
  const { rows } = await withinLockTimeout(pool, (client) =>
    client.query<{ made: number }>('SELECT make_day_partitions($1) AS made', [daysAhead]),
  );
  return rows[0]?.made ?? 0;
}

/** Days whose end lies at or before a moment, oldest first. */
export async function listDaysBefore(pool: pg.Pool, endMs: number): Promise<Day[]> {
  const { rows } = await pool.query<{ parent: Parent; name: string; day: string }>(
    `SELECT p.relname AS parent, c.relname AS name, substring(c.relname FROM '_(\\d{8})$') AS day
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
      WHERE i.inhparent = ANY ($1::regclass[]) AND c.relname ~ '_\\d{8}$'`,
    [[...parents, ...callParents]],
  );
  const days = Map.groupBy(rows, (row) => row.day);
  return [...days]
    .map(([day, tables]) => ({ startMs: Date.parse(day.replace(/(....)(..)(..)/, '$1-$2-$3T00:00:00Z')), tables }))
    .filter((day) => day.startMs + dayMs <= endMs)
    .sort((a, b) => a.startMs - b.startMs);
}

/**
 * Drops a day's partitions: those of calls, and the others unless deliveries of it are pending. Table after table, since a transaction that locked
 * two of these parents would meet others that lock them the other way round; the deliveries go first: with them gone,
 * nothing can become pending any more.
 * @returns how many pending deliveries (counted up to a thousand a team) keep the day; 0 when it was dropped.
 */
export async function dropDay(pool: pg.Pool, day: Day): Promise<number> {
  for (const parent of callParents) {
    const table = day.tables.find((each) => each.parent === parent);
    if (table !== undefined) await dropTable(pool, parent, table.name, () => Promise.resolve(0));
  }
  const before = await countPending(pool, day);
  if (before > 0) return before;
  for (const parent of parents) {
    const table = day.tables.find((each) => each.parent === parent);
    if (table === undefined) continue;
    const mayWait = parent === 'delivery' || parent === 'event';
    const pending = await dropTable(pool, parent, table.name, (client) =>
      mayWait ? countPending(client, day) : Promise.resolve(0),
    );
    if (pending > 0) return pending;
  }
  return 0;
}

/** Drops it unless `count` finds what keeps it, asked under the lock. @returns that count */
async function dropTable(
  pool: pg.Pool,
  parent: Parent,
  name: string,
  count: (client: pg.PoolClient) => Promise<number>,
): Promise<number> {
  return withinLockTimeout(pool, async (client) => {
    await client.query(`LOCK TABLE ${parent} IN ACCESS EXCLUSIVE MODE`);
    const pending = await count(client);
    if (pending === 0) await client.query(`DROP TABLE ${name}`);
    return pending;
  });
}

/** Pending: in the queue, or in a node's memory. An event's delivery may have come a moment after midnight. */
async function countPending(database: Pick<pg.Pool, 'query'>, day: Day): Promise<number> {
  const floor = (atMs: number): string => uuidFromId(floorId(idPrefixes.delivery, atMs));
  const endMs = day.startMs + dayMs;
  const bounds = [floor(day.startMs), floor(endMs)];
  const queued = await database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM team t CROSS JOIN LATERAL (
       SELECT FROM delivery_queue q WHERE q.team_id = t.id AND q.delivery_id >= $1 AND q.delivery_id < $3
         AND least(q.delivery_id, q.event_id) < $2 LIMIT 1000) x`,
    [...bounds, floor(endMs + 2_000)],
  );
  const count = queued.rows[0]?.count ?? 0;
  if (count > 0) return count;
  const nodes = await database.query('SELECT FROM node WHERE low_delivery < $1 LIMIT 1', [bounds[1]]);
  if (nodes.rowCount === 0) return 0;
  const owned = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM delivery WHERE id >= $1 AND id < $2 AND state = 0 AND owner IS NOT NULL',
    bounds,
  );
  return owned.rows[0]?.count ?? 0;
}

/** The longest retention of all teams. */
export async function largestRetentionDays(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ days: number }>(
    'SELECT coalesce(max(retention_days), 30) AS days FROM team WHERE deleted_at IS NULL',
  );
  return rows[0]?.days ?? 30;
}
