import { callingDrills } from './calling-drills.ts';
import type { Drill } from './drill.ts';
import { platformDrills } from './platform-drills.ts';
import { reliabilityDrills } from './reliability-drills.ts';
import { securityDrills } from './security-drills.ts';

/** What this release can play. Each is proven able to fail: tests/drills/*.drills.test.ts. */
export const drills: readonly Drill[] = [...securityDrills, ...reliabilityDrills, ...callingDrills, ...platformDrills];
