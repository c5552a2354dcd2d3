import type { Drill } from './drill.ts';
import { switchOffWorks } from './launch/launch.rollback.switch-off-works.ts';
import { dependenciesCheckedDeep } from './monitoring/health.dependencies-checked-deep.ts';

/** Drills of load, operation, documentation and launch. */
export const platformDrills: readonly Drill[] = [dependenciesCheckedDeep, switchOffWorks];
