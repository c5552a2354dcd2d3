import { drillVersions } from '../drills/open-drills.ts';
import type { ShippedChecks } from './coverage.rules.ts';
import { collectors } from './shipped-checks.ts';
import { waiting } from './waiting-checks.ts';

/** What this release decides by itself, and what the rest waits for: for `posthorn review coverage`. */
export const shippedChecks: ShippedChecks = {
  shipped: new Set([...collectors.map(({ checkId }) => checkId), ...drillVersions.keys()]),
  waiting,
};
