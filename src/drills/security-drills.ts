import type { Drill } from './drill.ts';
import { rejectsForged } from './security/webhook.signature.rejects-forged.ts';

export const securityDrills: readonly Drill[] = [rejectsForged];
