import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drills } from '../../src/drills/shipped-drills.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/drill-proofs.md'), 'utf8');
const noted = [...page.matchAll(/^\| `([\w.-]+)` \| (\d+) \|/gm)].map(([, check, version]) => `${check} ${version}`);

// Run `npm run test:drills -- -t <check>`, then `npm run record:proofs`.
test('every drill that ships was seen to fail, as it is now, and no other is said to be', () => {
  expect(noted).toEqual(drills.map(({ checkId, version }) => `${checkId} ${version}`).toSorted());
});

test('the page counts them', () => {
  expect(page).toContain(`\n${noted.length} of ${drills.length} drills.\n`);
});

test('proofs are found by the names of their files, and nothing else is in those', () => {
  const cwd = import.meta.dirname;
  const proving = globSync('*.test.ts', { cwd }).filter((name) =>
    /^proveDrills\(/m.test(readFileSync(join(cwd, name), 'utf8')),
  );
  expect(proving.toSorted()).toEqual(globSync('*.drills.test.ts', { cwd }).toSorted());
});
