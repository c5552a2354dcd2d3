import type { Drill } from './drill.ts';
import { failedOnesRetried } from './reliability/delivery.failed-ones-retried.ts';

export const reliabilityDrills: readonly Drill[] = [failedOnesRetried];
