import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClockWindows, createSlidingWindows } from './call-windows.rules.ts';

const gaps = fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 200 });

test('no stretch of a sliding window lets more through than its limit', () => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 5 }), (waits, limit) => {
      const windows = createSlidingWindows({ limit, windowMs: 1000 });
      let nowMs = 0;
      const taken: number[] = [];
      for (const wait of waits) {
        nowMs += wait;
        if (windows.take('a', nowMs).allowed) taken.push(nowMs);
      }
      const crowds = taken.map((atMs) => taken.filter((other) => other > atMs - 1000 && other <= atMs).length);
      expect(Math.max(0, ...crowds)).toBeLessThanOrEqual(limit);
    }),
  );
});

test('a window of the clock lets exactly its limit through and begins anew with the clock', () => {
  const windows = createClockWindows({ limit: 2, windowMs: 60_000 });
  const at = (nowMs: number) => windows.take('a', nowMs);
  expect(at(59_000)).toEqual({ allowed: true, limit: 2, remaining: 1, resetAtMs: 60_000 });
  expect([at(59_500).allowed, at(59_999).allowed, at(60_000).allowed]).toEqual([true, false, true]);
  expect(windows.take('b', 59_000).remaining).toBe(1);
});
