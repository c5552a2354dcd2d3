import type { Drill } from './drill.ts';

export const securityDrills: readonly Drill[] = [];
