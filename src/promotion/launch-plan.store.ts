import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { LaunchPlan, PlanOnRecord } from './launch-plan.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row = { version: number; plan: LaunchPlan; set_by: string; set_at: Date };

/** Newest first. */
export async function listPlanRows(
  database: Queryable,
  teamId: string,
  reviewId: string,
  limit: number,
): Promise<PlanOnRecord[]> {
  const { rows } = await database.query<Row>(
    `SELECT version, plan, set_by, set_at FROM launch_plan WHERE team_id = $1 AND review_id = $2
       ORDER BY version DESC LIMIT $3`,
    [uuidFromId(teamId), uuidFromId(reviewId), limit],
  );
  return rows.map(({ version, plan, set_by, set_at }) => ({
    version,
    plan,
    setBy: set_by,
    setAt: set_at.toISOString(),
  }));
}

export async function insertPlan(
  database: Queryable,
  { teamId, reviewId }: { teamId: string; reviewId: string },
  { version, plan, setBy, setAt }: PlanOnRecord,
): Promise<void> {
  await database.query(
    'INSERT INTO launch_plan (team_id, review_id, version, plan, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [uuidFromId(teamId), uuidFromId(reviewId), version, JSON.stringify(plan), setBy, setAt],
  );
}
