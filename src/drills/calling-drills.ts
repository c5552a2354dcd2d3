import type { Drill } from './drill.ts';

export const callingDrills: readonly Drill[] = [];
