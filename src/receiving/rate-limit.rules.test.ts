import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RequestBucket, takeRequest } from './rate-limit.rules.ts';

/** How many of the requests that come at these times are taken. */
function taken(perSecond: number, timesMs: number[]): number[] {
  let bucket: RequestBucket | undefined;
  return timesMs.filter((atMs) => {
    const answer = takeRequest(bucket, perSecond, atMs);
    ({ bucket } = answer);
    return answer.isTaken;
  });
}

test("a second's worth may come at once, and then as many as the rate says", () => {
  expect(
    taken(
      10,
      Array.from({ length: 30 }, () => 0),
    ),
  ).toHaveLength(10);
  expect(taken(10, [...Array.from({ length: 30 }, () => 0), 50, 100, 100, 200])).toHaveLength(12);
});

test('a rate below one takes one at once', () => {
  expect(taken(0.1, [0, 1, 9_000, 10_000, 10_001])).toEqual([0, 10_000]);
});

test('another rate begins anew', () => {
  const { bucket } = takeRequest(undefined, 1, 0);
  expect(takeRequest(bucket, 1, 0).isTaken).toBe(false);
  expect(takeRequest(bucket, 2, 0)).toEqual({ isTaken: true, bucket: { perSecond: 2, tokens: 1, atMs: 0 } });
});

test('over any span of time no more than the rate allows is taken, and who keeps to it is never refused', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 50, noNaN: true }), gaps, (perSecond, gapsMs) => {
      let atMs = 0;
      const times = gapsMs.map((gapMs) => (atMs += gapMs));
      const allowed = taken(perSecond, times);
      for (const [from, startMs] of allowed.entries()) {
        const spanMs = (allowed.at(-1) as number) - startMs;
        expect(allowed.length - from).toBeLessThanOrEqual(Math.max(1, perSecond) + (spanMs * perSecond) / 1000 + 1e-6);
      }
      const steady = Array.from({ length: 20 }, (_, index) => Math.ceil((index * 1000) / perSecond) + index);
      expect(taken(perSecond, steady)).toEqual(steady);
    }),
  );
});

test('a clock that is set back brings nothing and takes nothing', () => {
  expect(taken(1, [10_000, 0, 500, 1_000])).toEqual([10_000, 1_000]);
});
