import type pg from 'pg';

/**
 * How much waits in the database and for how long the earliest has been due; null when the database does not answer.
 * `waiting` is the planner's estimate: an exact count would read the whole queue at every scrape. What is held for an
 * endpoint that is paused or disabled is not late, however long it takes.
 */
export async function measureQueue(database: pg.Pool): Promise<{ waiting: number; overdueSeconds: number } | null> {
  try {
    const { rows } = await database.query<{ waiting: number; overdue: number | null }>(
      `SELECT (SELECT greatest(reltuples, 0)::double precision FROM pg_class
           WHERE oid = 'delivery_queue'::regclass) AS waiting,
         (SELECT max(greatest(0, -due_in_ms)) / 1000 FROM waiting_endpoints() w
           JOIN endpoint e ON e.team_id = w.team_id AND e.id = w.endpoint_id AND e.status = 'active') AS overdue`,
    );
    return { waiting: rows[0]?.waiting ?? 0, overdueSeconds: rows[0]?.overdue ?? 0 };
  } catch {
    return null;
  }
}
