import { expect, test } from 'vitest';
import { decodeCoverage, encodeCoverage } from './coverage-code.rules.ts';

test('every coverage is read as it was written, by the codes that rows have', () => {
  for (const coverage of ['body', 'sender', 'fields'] as const)
    expect(decodeCoverage(encodeCoverage(coverage))).toBe(coverage);
  expect([1, 2, 3].map(decodeCoverage)).toEqual(['body', 'sender', 'fields']);
});

test('a code of another release counts as the weakest', () => {
  expect([null, 0, 4, -1].map(decodeCoverage)).toEqual(['fields', 'fields', 'fields', 'fields']);
});
