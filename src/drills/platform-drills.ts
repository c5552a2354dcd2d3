import { instructionsWork } from './documentation/docs.access.instructions-work.ts';
import { eachProviderRuns } from './documentation/docs.guide.each-provider-runs.ts';
import { walkthroughRuns } from './documentation/docs.guide.walkthrough-runs.ts';
import { commandsDrilled } from './documentation/docs.runbooks.commands-drilled.ts';
import type { Drill } from './drill.ts';
import { switchOffWorks } from './launch/launch.rollback.switch-off-works.ts';
import { dependenciesCheckedDeep } from './monitoring/health.dependencies-checked-deep.ts';
import { peakCarried } from './scalability/load.declared-peak-carried.ts';
import { latencyHolds } from './scalability/load.latency-holds-at-peak.ts';

/** Drills of load, operation, documentation and launch. */
export const platformDrills: readonly Drill[] = [
  dependenciesCheckedDeep,
  switchOffWorks,
  walkthroughRuns,
  instructionsWork,
  eachProviderRuns,
  commandsDrilled,
  peakCarried,
  latencyHolds,
];
