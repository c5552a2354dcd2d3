import type { Drill } from './drill.ts';

export const platformDrills: readonly Drill[] = [];
