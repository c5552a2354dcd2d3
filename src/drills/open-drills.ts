import type { Context } from '../context.ts';
import type { Readiness } from '../readiness/create-readiness.ts';
import type { Drill } from './drill.ts';
import { byPosthorn, type DrillServices } from './drill-services.ts';
import { createDrillWorker, type DrillWorker } from './drill-worker.ts';
import { drills as shippedDrills } from './shipped-drills.ts';
import { startRuns } from './start-runs.ts';

/** Versions of the drills of this release, by their checks. */
export const drillVersions: ReadonlyMap<string, number> = new Map(
  shippedDrills.map(({ checkId, version }) => [checkId, version]),
);

/** Checks whose drills compare with what the team declares of itself. */
export const declaredDrills: ReadonlySet<string> = new Set(
  shippedDrills.filter((drill) => drill.comparesDeclarations === true).map(({ checkId }) => checkId),
);

/** What plays drills, and what their routes need. */
export type OpenDrills = { worker: DrillWorker; services: DrillServices };

/** Drills over the running node: nothing is played before the worker is started. */
export function openDrills(
  options: Omit<Parameters<typeof createDrillWorker>[0], 'drills' | 'startScheduled' | 'readiness' | 'environment'> &
    Pick<Context, 'ids'> & {
      readiness: Readiness;
      mode: Context['environment'];
      /** Of this process. */
      environment: Readonly<Record<string, string | undefined>>;
      /** Other drills than those of this release. */
      playable?: readonly Drill[];
    },
): OpenDrills {
  const { database, mode } = options;
  const drills = new Map((options.playable ?? shippedDrills).map((drill) => [drill.checkId, drill]));
  const services: DrillServices = {
    drills,
    readiness: options.readiness,
    onWaiting: () => worker.wake(),
    onStop: (runId) => worker.breakOff(runId),
  };
  const worker: DrillWorker = createDrillWorker({
    ...options,
    drills,
    async startScheduled(due) {
      const { teamId, checkId, subjectId } = due;
      const ctx = { database, environment: mode, ...services, ...byPosthorn(options) };
      await startRuns(ctx, { teamId, checkId, subjectId: subjectId ?? undefined, due });
    },
  });
  return { worker, services };
}
