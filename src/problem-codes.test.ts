import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemCodes } from './problem.ts';

const sources = globSync('**/*.ts', { cwd: import.meta.dirname })
  .filter((path) => !path.endsWith('.test.ts') && path !== 'problem.ts')
  .map((path) => ({ path, text: readFileSync(join(import.meta.dirname, path), 'utf8') }));

test('every code that is thrown is documented', () => {
  const thrown = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/new Problem\(\s*'([a-z_]+)'/g)].map((match) => ({ path, code: match[1] ?? '' })),
  );
  expect(thrown.length).toBeGreaterThan(20);
  expect(thrown.filter(({ code }) => !Object.hasOwn(problemCodes, code))).toEqual([]);
});

test('every documented code is thrown somewhere', () => {
  const unused = Object.keys(problemCodes).filter(
    (code) => !sources.some(({ text }) => new RegExp(`(?:new Problem\\(\\s*|code: |problem\\()'${code}'`).test(text)),
  );
  expect(unused).toEqual([]);
});
