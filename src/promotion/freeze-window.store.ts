import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { FreezeWindow } from './promotion.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** In the order of their beginning. */
export async function listFreezeRows(database: Queryable, teamId: string): Promise<FreezeWindow[]> {
  const { rows } = await database.query<{ starts_at: Date; ends_at: Date; reason: string }>(
    'SELECT starts_at, ends_at, reason FROM freeze_window WHERE team_id = $1 ORDER BY starts_at',
    [uuidFromId(teamId)],
  );
  return rows.map(({ starts_at, ends_at, reason }) => ({
    from: starts_at.toISOString(),
    until: ends_at.toISOString(),
    reason,
  }));
}

export async function replaceFreezeRows(
  database: Queryable,
  teamId: string,
  setBy: string,
  windows: readonly FreezeWindow[],
): Promise<void> {
  const team = uuidFromId(teamId);
  await database.query('DELETE FROM freeze_window WHERE team_id = $1', [team]);
  await database.query(
    `INSERT INTO freeze_window (team_id, starts_at, ends_at, reason, set_by)
       SELECT $1, f, u, r, $2 FROM unnest($3::timestamptz[], $4::timestamptz[], $5::text[]) x(f, u, r)`,
    [
      team,
      setBy,
      windows.map(({ from }) => from),
      windows.map(({ until }) => until),
      windows.map(({ reason }) => reason),
    ],
  );
}
