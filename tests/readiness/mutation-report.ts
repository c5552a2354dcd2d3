import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a check stood before its defect was planted, while it was there, and after it was mended. */
export type ProvenCheck = { check: string; planted: string; before: string; broken: string; mended: string };

/**
 * Writes what a harness saw to `mutations/<harness>.json` of the folder that POSTHORN_TEST_REPORTS names, for the manifest
 * of the release. Without that variable nothing is written.
 */
export function reportMutations(harness: string, proven: readonly ProvenCheck[]): void {
  const reports = process.env['POSTHORN_TEST_REPORTS'];
  if (reports === undefined || reports === '') return;
  mkdirSync(join(reports, 'mutations'), { recursive: true });
  writeFileSync(join(reports, 'mutations', `${harness}.json`), `${JSON.stringify(proven, null, 2)}\n`);
}
