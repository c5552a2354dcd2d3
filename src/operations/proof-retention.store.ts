import type pg from 'pg';
import { idFromUuid, idPrefixes } from '../ids/id.rules.ts';

const batchRows = 1_000;
const runDays = 90;
const evidenceDays = 400;
const nil = '00000000-0000-0000-0000-000000000000';

/**
 * Runs of drills, with their transcripts, that ended more than 90 days ago. Kept whatever their age: the newest of each check
 * and subject, the newest that was played to its end, and the one that standing evidence came of, for certificates.
 * @returns how many were deleted; call again after a full batch.
 */
export async function deleteOldDrillRuns(pool: pg.Pool): Promise<{ deleted: number; more: boolean }> {
  const { rowCount } = await pool.query(
    `DELETE FROM drill_run WHERE (team_id, id) IN (SELECT r.team_id, r.id FROM team t CROSS JOIN LATERAL (
        SELECT * FROM drill_run o WHERE o.team_id = t.id AND o.id < uuid_floor(now() - make_interval(days => $1))) r
      WHERE r.ended_at < now() - make_interval(days => $1)
        AND EXISTS (SELECT FROM drill_run n WHERE n.team_id = r.team_id AND n.check_id = r.check_id
          AND n.subject_id = r.subject_id AND n.id > r.id AND (n.state = 'done' OR r.state <> 'done'))
        AND NOT EXISTS (SELECT FROM evidence e WHERE e.team_id IN (r.team_id, $2) AND e.id = r.evidence_id
          AND NOT EXISTS (SELECT FROM evidence x WHERE x.team_id = e.team_id AND x.check_id = e.check_id
            AND x.subject_id = e.subject_id AND x.id > e.id)) LIMIT $3)`,
    [runDays, nil, batchRows],
  );
  return { deleted: rowCount ?? 0, more: rowCount === batchRows };
}

/** Teams (by uuid; the nil one for the gateway) that have evidence of more than 400 days ago. */
export async function listTeamsWithOldEvidence(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT t.id FROM (SELECT id FROM team WHERE deleted_at IS NULL UNION ALL SELECT $1) t WHERE EXISTS (
      SELECT FROM evidence e WHERE e.team_id = t.id AND e.id < uuid_floor(now() - make_interval(days => $2)))`,
    [nil, evidenceDays],
  );
  return rows.map(({ id }) => id);
}

/**
 * A team's evidence of more than 400 days ago. Kept whatever its age: the newest of each check and subject, and what a
 * snapshot of a review names.
 * @param after the uuid up to which it was looked at before; null at first
 * @returns `next`: to go on after; null: that was all.
 */
export async function deleteOldEvidence(
  pool: pg.Pool,
  team: string,
  after: string | null,
): Promise<{ deleted: number; next: string | null }> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT e.id FROM evidence e WHERE e.team_id = $1 AND e.id > $2
        AND e.id < uuid_floor(now() - make_interval(days => $3))
        AND EXISTS (SELECT FROM evidence n WHERE n.team_id = e.team_id AND n.check_id = e.check_id
          AND n.subject_id = e.subject_id AND n.id > e.id) ORDER BY e.id LIMIT $4`,
    [team, after ?? nil, evidenceDays, batchRows],
  );
  const next = rows.length === batchRows ? (rows.at(-1)?.id ?? null) : null;
  if (rows.length === 0) return { deleted: 0, next };
  const uuids = new Map(rows.map(({ id }) => [idFromUuid(idPrefixes.evidence, id), id]));
  const named = await pool.query<{ id: string }>(
    `SELECT DISTINCT v.value AS id FROM review_snapshot s CROSS JOIN LATERAL jsonb_each_text(s.evidence_ids) v
      WHERE (s.team_id = $1 OR $1 = $2) AND v.value = ANY ($3::text[])`,
    [team, nil, [...uuids.keys()]],
  );
  for (const { id } of named.rows) uuids.delete(id);
  const { rowCount } = await pool.query('DELETE FROM evidence WHERE team_id = $1 AND id = ANY ($2::uuid[])', [
    team,
    [...uuids.values()],
  ]);
  return { deleted: rowCount ?? 0, next };
}

/**
 * Deployments, and runs of verification, of more than 400 days ago. The newest deployment of each environment and connection
 * is kept, whatever its age. @returns how many were deleted; call again after a full batch.
 */
export async function deleteOldDeployments(pool: pg.Pool): Promise<{ deleted: number; more: boolean }> {
  const runs = await pool.query(
    `DELETE FROM verification WHERE (team_id, id) IN (SELECT v.team_id, v.id FROM team t CROSS JOIN LATERAL (
        SELECT * FROM verification o WHERE o.team_id = t.id AND o.id < uuid_floor(now() - make_interval(days => $1))) v
      LIMIT $2)`,
    [evidenceDays, batchRows],
  );
  const deployments = await pool.query(
    `DELETE FROM deployment WHERE (team_id, id) IN (SELECT d.team_id, d.id FROM team t CROSS JOIN LATERAL (
        SELECT * FROM deployment o WHERE o.team_id = t.id AND o.id < uuid_floor(now() - make_interval(days => $1))) d
      WHERE EXISTS (SELECT FROM deployment n WHERE n.team_id = d.team_id AND n.environment = d.environment
          AND n.connection_id IS NOT DISTINCT FROM d.connection_id AND n.id > d.id) LIMIT $2)`,
    [evidenceDays, batchRows],
  );
  const counts = [runs.rowCount ?? 0, deployments.rowCount ?? 0];
  return { deleted: counts.reduce((sum, each) => sum + each, 0), more: counts.includes(batchRows) };
}
