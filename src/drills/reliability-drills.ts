import type { Drill } from './drill.ts';

export const reliabilityDrills: readonly Drill[] = [];
