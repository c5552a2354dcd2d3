import type pg from 'pg';

/** The partitions of calls, by name. */
export async function listCallDays(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'call'::regclass AND c.relname ~ '^call_\\d{8}$' ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}

/** Marks the day's running calls of epochs that are no more. One partition at a time, past the others' locks. */
export async function endRunningCallsOf(pool: pg.Pool, day: string): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE ${day} SET outcome = 3 WHERE outcome = 0 AND node NOT IN (SELECT epoch FROM node)`,
  );
  return rowCount ?? 0;
}
