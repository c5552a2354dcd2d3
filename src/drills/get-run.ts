import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import { findRun, listRunRows } from './drill-run.store.ts';
import type { DrillRun } from './drill.ts';

type Database = Pick<Context, 'database'>;

/** A run with its transcript as far as it is. @throws Problem not_found */
export async function getRun(ctx: Database, input: { teamId: string; runId: string }): Promise<DrillRun> {
  const { teamId, runId } = input;
  const found = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return isId(idPrefixes.drillRun, runId) ? findRun(database, teamId, runId) : null;
  });
  if (found === null) throw new Problem('not_found', `There is no run ${input.runId} of a drill.`);
  return found;
}

/** Newest first, without transcripts. @throws Problem not_found */
export async function listRuns(
  ctx: Database,
  page: { teamId: string; checkId: string | null; limit: number; after: string | null },
): Promise<DrillRun[]> {
  return readAsTeam(ctx.database, page.teamId, async (database) => {
    await requireTeam(database, page.teamId);
    return listRunRows(database, page);
  });
}
