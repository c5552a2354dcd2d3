import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseParts } from '../../src/release/manifest-schema.ts';
import { isOnLine, isTreeClean } from './git.ts';
import { notMeasured } from './handed-in.ts';

/** The steps of `npm test`, as it reported them. */
export function readPipeline(root: string, reports: string, line: string, commit: string): ReleaseParts['pipeline'] {
  const path = join(reports, 'verify.json');
  if (!existsSync(path)) return notMeasured('npm test was not run before');
  const { steps } = JSON.parse(readFileSync(path, 'utf8')) as { steps: { name: string; state: string }[] };
  return {
    status: 'measured',
    line,
    isOnLine: isOnLine(root, line, commit),
    treeIsClean: isTreeClean(root),
    jobs: steps.map(({ name, state }) => ({ name, state, runs: 1 })),
  };
}
