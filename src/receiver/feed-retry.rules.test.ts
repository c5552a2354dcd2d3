import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readRetryAfter, retryAfterMaxMs, waitMsAfter } from './feed-retry.rules.ts';

const backoff = { firstMs: 500, maxMs: 30_000 };

it('doubles up to its longest, and is never shorter than half of that', () => {
  const longest = [1, 2, 3, 7, 8, 1_000].map((attempt) =>
    waitMsAfter({ attempt, retryAfterMs: 0, random: 0.999_999 }, backoff),
  );
  expect(longest).toEqual([500, 1_000, 2_000, 30_000, 30_000, 30_000]);
  const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), random, (attempt, chance) => {
      const fullMs = Math.min(30_000, 500 * 2 ** (attempt - 1));
      const waitMs = waitMsAfter({ attempt, retryAfterMs: 0, random: chance }, backoff);
      expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(waitMs).toBeLessThanOrEqual(fullMs);
    }),
  );
});

it('waits as long as it is asked to, but not for ever', () => {
  const asked = (retryAfterMs: number) => waitMsAfter({ attempt: 1, retryAfterMs, random: 0 }, backoff);
  expect([asked(0), asked(100), asked(7_000), asked(1e12)]).toEqual([250, 250, 7_000, retryAfterMaxMs]);
});

it.each([
  ['7', 7_000],
  [' 0 ', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 60_000],
  ['Wed, 21 Oct 2020 07:28:00 GMT', 0],
  ['soon', 0],
  ['-1', 0],
  ['1.5', 0],
  ['', 0],
  [null, 0],
])('reads Retry-After %j as %i ms', (value, waitMs) => {
  expect(readRetryAfter(value, Date.parse('2026-10-21T07:27:00Z'))).toBe(waitMs);
});
