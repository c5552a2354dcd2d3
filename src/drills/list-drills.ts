import type { Context } from '../context.ts';
import type { CheckStatus } from '../readiness/create-readiness.ts';
import { listLastRuns } from './drill-run.store.ts';
import type { DrillServices } from './drill-services.ts';
import type { Drill, DrillRun } from './drill.ts';

/** A drill as it stands in a team. `subjects` may be empty: then there is nothing to drill. */
export type ListedDrill = {
  drill: Drill;
  /** Null: the catalogue has no entry of this check, and it cannot be run. */
  definition: CheckStatus['definition'];
  /** Refused here: it acts on the integration, and this is production. */
  refused: boolean;
  subjects: { status: CheckStatus; lastRun: DrillRun | null }[];
};

/** Every drill that there is, by check. @throws Problem not_found */
export async function listDrills(
  ctx: Pick<Context, 'database' | 'environment'> & Pick<DrillServices, 'drills' | 'readiness'>,
  teamId: string,
): Promise<ListedDrill[]> {
  const statuses = await ctx.readiness.states(teamId);
  const runs = new Map((await listLastRuns(ctx.database, teamId)).map((run) => [keyOf(run.checkId, run.subject), run]));
  return [...ctx.drills.values()]
    .toSorted((one, other) => (one.checkId < other.checkId ? -1 : 1))
    .map((drill) => {
      const subjects = statuses.filter(({ checkId }) => checkId === drill.checkId);
      return {
        drill,
        definition: subjects[0]?.definition ?? null,
        refused:
          drill.irrevocable === undefined &&
          drill.touches === 'integration' &&
          !drill.safeInProduction &&
          ctx.environment === 'production',
        subjects: subjects.map((status) => ({
          status,
          lastRun: runs.get(keyOf(status.checkId, status.subject)) ?? null,
        })),
      };
    });
}

function keyOf(checkId: string, { id }: { id: string }): string {
  return `${checkId} ${id}`;
}
