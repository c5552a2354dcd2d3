import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageLimit, restAfterPageMs } from './replay-rate.rules.ts';

test('full pages with their rests never exceed the rate and hardly fall below it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 100_000, noNaN: true }), (rate) => {
      const limit = pageLimit(rate);
      expect(limit).toBeGreaterThanOrEqual(1);
      expect(limit / (restAfterPageMs(rate, limit) / 1000)).toBeCloseTo(rate, 3);
    }),
  );
});

test('without a rate there is no rest', () => {
  expect(restAfterPageMs(null, pageLimit(null))).toBe(0);
});
