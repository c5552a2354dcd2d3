import type pg from 'pg';

/** The days, as `yyyymmdd`, of which there are events, or could be. */
export async function listEventDays(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ day: string }>(
    `SELECT substring(c.relname FROM '_(\\d{8})$') AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event'::regclass AND c.relname ~ '_\\d{8}$'`,
  );
  return rows.map((row) => row.day);
}

/** Whether an event of the team still has its body among the blobs of the day. */
export async function hasBlobsOfDay(pool: pg.Pool, team: string, day: string): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(
    // Every key of the day: 0 is the sign after /. Read from an index that has nothing but events with such bodies.
    `SELECT EXISTS (SELECT FROM event WHERE team_id = $1 AND blob_key >= $2 || '/' AND blob_key < $2 || '0'
      AND id >= uuid_floor(to_date($2, 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC')) AS found`,
    [team, day],
  );
  return rows[0]?.found ?? false;
}
