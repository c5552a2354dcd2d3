import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { DaySummary, WatchDay } from './watch.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Place = { teamId: string; reviewId: string };
type Row = {
  day: string;
  summary: DaySummary;
  opened_by: string | null;
  opened_at: Date | null;
  closed_by: string | null;
  closed_at: Date | null;
  note: string | null;
};

const keysOf = ({ teamId, reviewId }: Place): string[] => [uuidFromId(teamId), uuidFromId(reviewId)];
const columns = 'day::text AS day, summary, opened_by, opened_at, closed_by, closed_at, note';

function toDay(row: Row): WatchDay {
  return {
    day: row.day,
    summary: row.summary,
    openedBy: row.opened_by,
    openedAt: row.opened_at?.toISOString() ?? null,
    closedBy: row.closed_by,
    closedAt: row.closed_at?.toISOString() ?? null,
    note: row.note,
  };
}

/** A closed day stays as it was when somebody looked at it; limits that were crossed stay named. */
export async function saveDay(database: Queryable, place: Place, day: string, summary: DaySummary): Promise<void> {
  await database.query(
    `INSERT INTO watch_day AS d (team_id, review_id, day, summary) VALUES ($1, $2, $3, $4)
     ON CONFLICT (team_id, review_id, day) DO UPDATE SET summary = excluded.summary || jsonb_build_object('crossed',
       (SELECT coalesce(jsonb_agg(DISTINCT name), '[]') FROM (SELECT jsonb_array_elements(d.summary -> 'crossed') AS name
          UNION SELECT jsonb_array_elements(excluded.summary -> 'crossed')) x))
       WHERE d.closed_at IS NULL`,
    [...keysOf(place), day, JSON.stringify(summary)],
  );
}

/** Newest first. */
export async function listDayRows(database: Queryable, place: Place, limit: number): Promise<WatchDay[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM watch_day WHERE team_id = $1 AND review_id = $2 ORDER BY watch_day.day DESC LIMIT $3`,
    [...keysOf(place), limit],
  );
  return rows.map(toDay);
}

export async function findDay(
  database: Queryable,
  place: Place,
  day: string,
  lock: 'for update' | '' = '',
): Promise<WatchDay | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM watch_day WHERE team_id = $1 AND review_id = $2 AND watch_day.day = $3 ${lock}`,
    [...keysOf(place), day],
  );
  return rows[0] === undefined ? null : toDay(rows[0]);
}

/** Who opened it first, and who closed it with which note. */
export async function markDay(database: Queryable, place: Place, day: WatchDay): Promise<void> {
  await database.query(
    `UPDATE watch_day SET opened_by = $4, opened_at = $5, closed_by = $6, closed_at = $7, note = $8
       WHERE team_id = $1 AND review_id = $2 AND day = $3`,
    [...keysOf(place), day.day, day.openedBy, day.openedAt, day.closedBy, day.closedAt, day.note],
  );
}
