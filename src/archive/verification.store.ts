import type pg from 'pg';
import { floorId, idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { DocumentState } from './archived-document.ts';
import type { Verification } from './verification.ts';

type Queryable = Pick<pg.Pool, 'query'>;

type Row = {
  team_id: string;
  unless_since: Date;
  started_at: Date;
  finished_at: Date | null;
  position: string | null;
  total: string;
  checked: string;
  damaged: string;
  missing: string;
};
const columns = `v.team_id, v.unless_since, v.started_at, v.finished_at, v.position, v.total, v.checked, v.damaged,
  v.missing`;

function toVerification(row: Row): Verification {
  return {
    state: row.finished_at === null ? 'running' : 'finished',
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    total: Number(row.total),
    checked: Number(row.checked),
    damaged: Number(row.damaged),
    missing: Number(row.missing),
  };
}

/** A run as a worker has it: it goes on after `position`, and ends before `before`. */
export type RunningVerification = {
  teamId: string;
  startedAt: Date;
  unlessSince: Date;
  position: string | null;
  before: string;
};

/**
 * Begins a run over the documents that were not verified for `notForSeconds`, or were not whole then, unless one is running.
 * @returns the one that runs now.
 */
export async function beginVerification(
  database: Queryable,
  teamId: string,
  notForSeconds: number,
): Promise<Verification> {
  const { rows } = await database.query<Row>(
    `INSERT INTO archive_verification AS v (team_id, unless_since, total)
      SELECT $1, now() - make_interval(secs => $2), count(*) FROM archived_document
        WHERE team_id = $1 AND (state <> 'stored' OR verified_at IS NULL
          OR verified_at < now() - make_interval(secs => $2))
      ON CONFLICT (team_id) DO UPDATE SET unless_since = excluded.unless_since, started_at = now(), finished_at = NULL,
        position = NULL, due_at = now(), total = excluded.total, checked = 0, damaged = 0, missing = 0
        WHERE v.finished_at IS NOT NULL
      RETURNING ${columns}`,
    [uuidFromId(teamId), notForSeconds],
  );
  const begun = rows[0] === undefined ? await findVerification(database, teamId) : toVerification(rows[0]);
  if (begun === null) throw new Error('the team of the verification is gone');
  return begun;
}

export async function findVerification(database: Queryable, teamId: string): Promise<Verification | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM archive_verification v WHERE team_id = $1`, [
    uuidFromId(teamId),
  ]);
  return rows[0] === undefined ? null : toVerification(rows[0]);
}

/** Takes a run that goes on, and keeps others off it for `leaseMs`. Null when there is none. */
export async function claimVerification(database: Queryable, leaseMs: number): Promise<RunningVerification | null> {
  const { rows } = await database.query<Row>(
    `WITH c AS MATERIALIZED (SELECT team_id FROM archive_verification WHERE finished_at IS NULL AND due_at <= now()
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     UPDATE archive_verification v SET due_at = now() + make_interval(secs => $1)
      FROM c WHERE v.team_id = c.team_id RETURNING ${columns}`,
    [leaseMs / 1000],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    startedAt: row.started_at,
    unlessSince: row.unless_since,
    position: row.position === null ? null : idFromUuid(idPrefixes.archivedDocument, row.position),
    // What comes in meanwhile was just stored.
    before: floorId(idPrefixes.archivedDocument, row.started_at.getTime() + 1),
  };
}

/** Counts a document that was verified; with the verification's own record, in one transaction. */
export async function countVerified(
  database: Queryable,
  run: RunningVerification,
  found: { documentId: string; state: DocumentState },
): Promise<void> {
  const { documentId, state } = found;
  await database.query(
    `UPDATE archive_verification SET position = $3, checked = checked + 1, damaged = damaged + $4,
        missing = missing + $5
      WHERE team_id = $1 AND finished_at IS NULL AND (position IS NULL OR position < $3)
        AND date_trunc('milliseconds', started_at) = $2`,
    [
      uuidFromId(run.teamId),
      run.startedAt,
      uuidFromId(documentId),
      state === 'damaged' ? 1 : 0,
      state === 'missing' ? 1 : 0,
    ],
  );
}

/** Lets go of a run: it goes on at once, after `restMs`, or is over. */
export async function leaveVerification(
  database: Queryable,
  run: RunningVerification,
  next: { finished: boolean; restMs: number },
): Promise<void> {
  await database.query(
    `UPDATE archive_verification SET due_at = now() + make_interval(secs => $3),
        finished_at = CASE WHEN $4 THEN now() END
      WHERE team_id = $1 AND finished_at IS NULL AND date_trunc('milliseconds', started_at) = $2`,
    [uuidFromId(run.teamId), run.startedAt, next.restMs / 1000, next.finished],
  );
}
