import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Assignment } from './reviewed-checks.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Of a whole review. */
export async function listAssignments(database: Queryable, teamId: string, reviewId: string): Promise<Assignment[]> {
  const { rows } = await database.query<{
    check_id: string;
    subject_id: string;
    owner_id: string | null;
    due_at: Date | null;
  }>('SELECT check_id, subject_id, owner_id, due_at FROM review_assignment WHERE team_id = $1 AND review_id = $2', [
    uuidFromId(teamId),
    uuidFromId(reviewId),
  ]);
  return rows.map((row) => ({
    checkId: row.check_id,
    subjectId: row.subject_id,
    owner: row.owner_id === null ? null : idFromUuid(idPrefixes.member, row.owner_id),
    dueAtMs: row.due_at?.getTime() ?? null,
  }));
}

/** In place of what was there; one of nobody and no date is removed. */
export async function putAssignment(
  database: Queryable,
  { teamId, reviewId, assignment }: { teamId: string; reviewId: string; assignment: Assignment },
): Promise<void> {
  const { checkId, subjectId, owner, dueAtMs } = assignment;
  const key = [uuidFromId(teamId), uuidFromId(reviewId), checkId, subjectId];
  if (owner === null && dueAtMs === null) {
    await database.query(
      'DELETE FROM review_assignment WHERE team_id = $1 AND review_id = $2 AND check_id = $3 AND subject_id = $4',
      key,
    );
    return;
  }
  await database.query(
    `INSERT INTO review_assignment (team_id, review_id, check_id, subject_id, owner_id, due_at)
      VALUES ($1, $2, $3, $4, $5, to_timestamp($6::double precision / 1000))
      ON CONFLICT (team_id, review_id, check_id, subject_id)
        DO UPDATE SET owner_id = excluded.owner_id, due_at = excluded.due_at`,
    [...key, owner === null ? null : uuidFromId(owner), dueAtMs],
  );
}
