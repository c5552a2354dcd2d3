import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../src');

/** Statements in template literals that lock rows which others pass over. */
function* claims(): Generator<{ file: string; statement: string }> {
  for (const file of globSync('**/*.store.ts', { cwd: root })) {
    for (const [statement] of readFileSync(join(root, file), 'utf8').matchAll(/`[^`]*SKIP LOCKED[^`]*`/g)) {
      yield { file, statement };
    }
  }
}

// A planner that expects one row may join it from the inside, and run it once for each row outside: each locks another.
test('no claim takes its rows from a sub-select in FROM, which would take more than its LIMIT', () => {
  const all = [...claims()];
  expect(all.length).toBeGreaterThan(5);
  expect(all.filter(({ statement }) => /UPDATE[^`]*FROM \(\s*SELECT[^`]*SKIP LOCKED/.test(statement))).toEqual([]);
});
