import { expect, test } from 'vitest';
import { countFailure, restartDelayMs } from './restart-backoff.rules.ts';

test('waits double from 100 ms to 5 s and stay there', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 5000].map(restartDelayMs)).toEqual([
    100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000,
  ]);
});

test('failures in a row add up until a run was a healthy one', () => {
  expect(countFailure(3, 0)).toBe(4);
  expect(countFailure(3, 59_999)).toBe(4);
  expect(countFailure(3, 60_000)).toBe(1);
});
