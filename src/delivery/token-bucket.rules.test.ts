import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketSize, fullBucket, refill, type TokenBucket, waitForToken } from './token-bucket.rules.ts';

const rates = fc.oneof(fc.double({ min: 0.01, max: 5, noNaN: true }), fc.integer({ min: 1, max: 5_000 }));

/** Takes a token when there is one. @returns the moments, in `moments`, at which one was there. */
function passed(perSecond: number, moments: number[]): boolean[] {
  let bucket: TokenBucket = fullBucket(perSecond, moments[0] ?? 0);
  return moments.map((nowMs) => {
    bucket = refill(bucket, perSecond, nowMs);
    if (bucket.tokens < 1) return false;
    bucket = { tokens: bucket.tokens - 1, atMs: bucket.atMs };
    return true;
  });
}

test('in no window pass more than its rate allows and the bucket holds (peers 6: convoy 1927)', () => {
  const pauses = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 50 }), fc.nat({ max: 5_000 })), { maxLength: 300 });
  fc.assert(
    fc.property(rates, pauses, (perSecond, gaps) => {
      let nowMs = 1_000_000;
      const moments = gaps.map((gap) => (nowMs += gap));
      const let_ = passed(perSecond, moments);
      for (let first = 0; first < moments.length; first += 7) {
        let count = 0;
        for (let last = first; last < moments.length; last += 1) {
          if (let_[last]) count += 1;
          const windowMs = (moments[last] as number) - (moments[first] as number);
          expect(count).toBeLessThanOrEqual((perSecond * windowMs) / 1000 + bucketSize(perSecond) + 1e-6);
        }
      }
    }),
  );
});

test('a clock that jumps brings no more than the time it moved forward, and never more than a bucket at once', () => {
  const jumps = fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(rates, jumps, (perSecond, moves) => {
      let nowMs = 0;
      let forwardMs = 0;
      const moments = moves.map((move) => {
        forwardMs += Math.max(0, move);
        return (nowMs += move);
      });
      const count = passed(perSecond, moments).filter(Boolean).length;
      expect(count).toBeLessThanOrEqual((perSecond * forwardMs) / 1000 + bucketSize(perSecond) + 1e-6);
    }),
  );
});

test('who waits as long as it says finds a token', () => {
  fc.assert(
    fc.property(rates, fc.double({ min: 0, max: 1, noNaN: true }), (perSecond, tokens) => {
      const bucket = { tokens, atMs: 0 };
      const waitMs = waitForToken(bucket, perSecond);
      expect(waitMs >= 0).toBe(true);
      // Rounding may leave it a hair short of one; then the next wait is the shortest there is.
      const later = refill(bucket, perSecond, waitMs);
      expect(later.tokens).toBeGreaterThan(1 - 1e-9);
      expect(waitForToken(later, perSecond)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a slow rate still has room for one, a fast one for a tenth of a second', () => {
  expect([0.1, 1, 10, 100, 5000].map(bucketSize)).toEqual([1, 1, 1, 10, 500]);
});
