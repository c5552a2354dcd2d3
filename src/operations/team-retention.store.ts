import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';

const batchRows = 5_000;

/** A team that keeps its history shorter than others do, by uuid. `from`: everything below it is deleted already. */
export type ShortRetention = { team: string; from: string; cut: string };

export async function listShortRetentions(pool: pg.Pool, largestDays: number): Promise<ShortRetention[]> {
  const { rows } = await pool.query<ShortRetention>(
    `SELECT t.id AS team, coalesce(p.purged_to, uuid_floor(to_timestamp(0))) AS "from",
        uuid_floor(now() - make_interval(days => t.retention_days)) AS cut
      FROM team t LEFT JOIN retention_progress p ON p.team_id = t.id
      WHERE t.deleted_at IS NULL AND t.retention_days < $1
        AND coalesce(p.purged_to, uuid_floor(to_timestamp(0))) < uuid_floor(now() - make_interval(days => t.retention_days))`,
    [largestDays],
  );
  return rows;
}

/**
 * Deletes a team's calls of the range, its settled deliveries with their attempts, then the events that no pending
 * delivery needs, in bounded transactions.
 * @returns rows deleted.
 */
export async function deleteTeamHistory(
  pool: pg.Pool,
  range: ShortRetention,
  stopping: () => boolean,
): Promise<number> {
  let deleted = 0;
  const { team, from, cut } = range;
  const sweep = async (
    table: 'call' | 'delivery' | 'event',
    run: (low: string, high: string) => Promise<number>,
  ): Promise<void> => {
    let low = from;
    while (low < cut && !stopping()) {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id FROM ${table} WHERE team_id = $1 AND id >= $2 AND id < $3 ORDER BY id OFFSET $4 LIMIT 1`,
        [team, low, cut, batchRows],
      );
      const high = rows[0]?.id ?? cut;
      deleted += await run(low, high);
      low = high;
    }
  };
  await sweep('call', (low, high) => deleteCalls(pool, team, low, high));
  await sweep('delivery', (low, high) => deleteDeliveries(pool, team, low, high));
  await sweep('event', (low, high) => deleteEvents(pool, team, low, high));
  if (!stopping()) await saveProgress(pool, team, cut);
  return deleted;
}

async function deleteCalls(pool: pg.Pool, team: string, low: string, high: string): Promise<number> {
  const range = [team, low, high];
  await pool.query('DELETE FROM call_body WHERE team_id = $1 AND call_id >= $2 AND call_id < $3', range);
  const { rowCount } = await pool.query('DELETE FROM call WHERE team_id = $1 AND id >= $2 AND id < $3', range);
  return rowCount ?? 0;
}

function deleteDeliveries(pool: pg.Pool, team: string, low: string, high: string): Promise<number> {
  return inTransaction(pool, async (client) => {
    const attempts = await client.query(
      `DELETE FROM attempt a WHERE a.team_id = $1 AND a.delivery_id >= $2 AND a.delivery_id < $3
        AND NOT EXISTS (SELECT FROM delivery d WHERE d.team_id = $1 AND d.id >= $2 AND d.id < $3
          AND d.id = a.delivery_id AND d.state = 0)`,
      [team, low, high],
    );
    const deliveries = await client.query(
      'DELETE FROM delivery WHERE team_id = $1 AND id >= $2 AND id < $3 AND state > 0',
      [team, low, high],
    );
    return (attempts.rowCount ?? 0) + (deliveries.rowCount ?? 0);
  });
}

async function deleteEvents(pool: pg.Pool, team: string, low: string, high: string): Promise<number> {
  await pool.query('DELETE FROM seen_again WHERE team_id = $1 AND event_id >= $2 AND event_id < $3', [team, low, high]);
  const { rowCount } = await pool.query(
    `DELETE FROM event e WHERE e.team_id = $1 AND e.id >= $2 AND e.id < $3
      AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.team_id = $1 AND q.delivery_id >= $2
        AND q.delivery_id < uuid_floor(uuid_time($3) + interval '2 seconds') AND q.event_id = e.id)`,
    [team, low, high],
  );
  return rowCount ?? 0;
}

/** What a pending delivery kept is looked at again the next time. */
async function saveProgress(pool: pg.Pool, team: string, cut: string): Promise<void> {
  await pool.query(
    `INSERT INTO retention_progress (team_id, purged_to)
      SELECT $1, least($2::uuid, (SELECT uuid_floor(uuid_time(q.delivery_id) - interval '2 seconds')
        FROM delivery_queue q WHERE q.team_id = $1 ORDER BY q.delivery_id LIMIT 1))
      ON CONFLICT (team_id) DO UPDATE SET purged_to = excluded.purged_to`,
    [team, cut],
  );
}

/** How many days each team (by uuid) keeps its history. */
export async function listTeamRetentions(pool: pg.Pool): Promise<{ team: string; days: number }[]> {
  const { rows } = await pool.query<{ team: string; days: number }>(
    'SELECT id AS team, retention_days AS days FROM team WHERE deleted_at IS NULL',
  );
  return rows;
}
