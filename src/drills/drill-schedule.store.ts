import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** `subjectId` null: every subject that there is when it is due. */
export type DrillSchedule = {
  teamId: string;
  checkId: string;
  subjectId: string | null;
  everyHours: number;
  nextAtMs: number;
};

type Row = { team_id: string; check_id: string; subject_id: string; every_hours: number; next_at: Date };
type Key = Pick<DrillSchedule, 'teamId' | 'checkId' | 'subjectId'>;

const all = '*';
const columns = 'team_id, check_id, subject_id, every_hours, next_at';
const keyOf = ({ teamId, checkId, subjectId }: Key) => [uuidFromId(teamId), checkId, subjectId ?? all];

function toSchedule(row: Row): DrillSchedule {
  return {
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    checkId: row.check_id,
    subjectId: row.subject_id === all ? null : row.subject_id,
    everyHours: row.every_hours,
    nextAtMs: row.next_at.getTime(),
  };
}

export async function findSchedule(database: Queryable, key: Key): Promise<DrillSchedule | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM drill_schedule WHERE team_id = $1 AND check_id = $2 AND subject_id = $3`,
    keyOf(key),
  );
  return rows[0] === undefined ? null : toSchedule(rows[0]);
}

export async function listScheduleRows(database: Queryable, teamId: string): Promise<DrillSchedule[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM drill_schedule WHERE team_id = $1 ORDER BY check_id, subject_id`,
    [uuidFromId(teamId)],
  );
  return rows.map(toSchedule);
}

/** The first time is one interval from now. */
export async function putScheduleRow(
  database: Queryable,
  schedule: Omit<DrillSchedule, 'nextAtMs'>,
): Promise<DrillSchedule> {
  const { rows } = await database.query<Row>(
    `INSERT INTO drill_schedule (team_id, check_id, subject_id, every_hours, next_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(hours => $4))
     ON CONFLICT (team_id, check_id, subject_id) DO UPDATE
       SET every_hours = excluded.every_hours, next_at = excluded.next_at
     RETURNING ${columns}`,
    [...keyOf(schedule), schedule.everyHours],
  );
  return toSchedule(rows[0] as Row);
}

export async function deleteScheduleRow(database: Queryable, key: Key): Promise<void> {
  await database.query(
    'DELETE FROM drill_schedule WHERE team_id = $1 AND check_id = $2 AND subject_id = $3',
    keyOf(key),
  );
}

/** What is due, the longest waiting first. */
export async function listDueSchedules(database: Queryable, limit: number): Promise<DrillSchedule[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns.replaceAll(/\w+/g, 'd.$&')} FROM drill_schedule d
       JOIN team t ON t.id = d.team_id AND t.deleted_at IS NULL
       WHERE d.next_at <= now() ORDER BY d.next_at LIMIT $1`,
    [limit],
  );
  return rows.map(toSchedule);
}

/** Makes it due again one interval from now. False: it is not due any more, so another node has taken it. */
export async function takeSchedule(database: Queryable, key: Key): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE drill_schedule SET next_at = now() + make_interval(hours => every_hours)
       WHERE team_id = $1 AND check_id = $2 AND subject_id = $3 AND next_at <= now()`,
    keyOf(key),
  );
  return rowCount === 1;
}

const soonestMs = 1_000;

/** Milliseconds until the next one is due, a second at least; null when there is none. */
export async function nextDueMs(database: Queryable): Promise<number | null> {
  const { rows } = await database.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(d.next_at) - now()) * 1000)::double precision AS ms
       FROM drill_schedule d JOIN team t ON t.id = d.team_id AND t.deleted_at IS NULL`,
  );
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(soonestMs, ms);
}
