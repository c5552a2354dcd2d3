import type { Context } from '../context.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import { findRun, listRunRows } from './drill-run.store.ts';
import type { DrillRun } from './drill.ts';

type Database = Pick<Context, 'database'>;

/** A run with its transcript as far as it is. @throws Problem not_found */
export async function getRun(ctx: Database, input: { teamId: string; runId: string }): Promise<DrillRun> {
  await requireTeam(ctx.database, input.teamId);
  const found = isId(idPrefixes.drillRun, input.runId) ? await findRun(ctx.database, input.teamId, input.runId) : null;
  if (found === null) throw new Problem('not_found', `There is no run ${input.runId} of a drill.`);
  return found;
}

/** Newest first, without transcripts. @throws Problem not_found */
export async function listRuns(
  ctx: Database,
  page: { teamId: string; checkId: string | null; limit: number; after: string | null },
): Promise<DrillRun[]> {
  await requireTeam(ctx.database, page.teamId);
  return listRunRows(ctx.database, page);
}
