import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideOutcome, jitterShare, localRetryMs, parseRetryAfter, retryAfterMaxMs } from './decide-outcome.rules.ts';

const nowMs = Date.UTC(2026, 7, 3, 9);
const schedule = [0, 60, 300, 1800, 7200];
const decide = (status: number, more: Partial<Parameters<typeof decideOutcome>[0]> & { retryAfter?: string } = {}) =>
  decideOutcome({
    result: { kind: 'response', status, retryAfter: more.retryAfter ?? null },
    attemptsBefore: 1,
    policy: { scheduleSeconds: schedule },
    nowMs,
    random: 0,
    ...more,
  });

describe('an attempt', () => {
  test.each([200, 201, 202, 204, 226, 299])('succeeds with %i', (status) => {
    expect(decide(status, { attemptsBefore: 99 })).toEqual({ kind: 'succeeded' });
  });

  test.each([100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503, 599])(
    'is retried after %i, redirects included',
    (status) => expect(decide(status)).toEqual({ kind: 'retry', delayMs: 60_000, counted: true }),
  );

  test('that was told 410 is the last one, wherever in the schedule it stands', () => {
    for (const attemptsBefore of [0, 4, 5, 99])
      expect(decide(410, { attemptsBefore })).toEqual({ kind: 'gone', delayMs: 5_000 });
  });

  test('after the last scheduled retry is dead, also when Retry-After asks for another', () => {
    expect(decide(503, { attemptsBefore: 4 })).toMatchObject({ kind: 'retry' });
    expect(decide(503, { attemptsBefore: 5, retryAfter: '10' })).toEqual({ kind: 'dead' });
    expect(decide(500, { attemptsBefore: 0, policy: { scheduleSeconds: [] } })).toEqual({ kind: 'dead' });
  });

  test('without an answer follows the same schedule (peers 6: outpost 314, DNS errors are retried)', () => {
    const result = { kind: 'failure', isLocal: false } as const;
    expect(decide(0, { result, attemptsBefore: 2 })).toEqual({ kind: 'retry', delayMs: 300_000, counted: true });
    expect(decide(0, { result, attemptsBefore: 5 })).toEqual({ kind: 'dead' });
  });

  test('that this machine could not begin is made again soon, however many there were, and uses nothing up', () => {
    const result = { kind: 'failure', isLocal: true } as const;
    for (const attemptsBefore of [0, 5, 99]) {
      expect(decide(0, { result, attemptsBefore })).toEqual({ kind: 'retry', delayMs: localRetryMs, counted: false });
    }
  });
});

test('a retry is never earlier than scheduled, and later by no more than its jitter (peers 4)', () => {
  const scheduleSeconds = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 30 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      scheduleSeconds,
      fc.nat({ max: 40 }),
      random,
      fc.integer({ min: 300, max: 599 }),
      (seconds, made, at, status) => {
        const outcome = decide(status === 410 ? 500 : status, {
          attemptsBefore: made,
          policy: { scheduleSeconds: seconds },
          random: at,
        });
        const scheduledMs = (seconds[made] ?? 0) * 1000;
        if (made >= seconds.length) expect(outcome.kind).toBe('dead');
        else {
          if (outcome.kind !== 'retry') throw new Error(outcome.kind);
          expect(outcome.delayMs).toBeGreaterThanOrEqual(scheduledMs);
          expect(outcome.delayMs).toBeLessThanOrEqual(Math.ceil(scheduledMs * (1 + jitterShare)));
        }
      },
    ),
  );
});

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['Mon, 03 Aug 2026 09:05:00 GMT', 300_000],
    ['Mon, 03 Aug 2026 08:00:00 GMT', 0],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['-5', 0],
    ['1.5', 0],
    ['1e9', 0],
    ['soon', 0],
    ['Soon', 0],
    ['', 0],
    ['2026-08-03T09:05:00Z', 0],
  ])('%j asks for %i ms', (value, expected) => {
    expect(parseRetryAfter(value, nowMs)).toBe(expected);
  });

  test('waits longer than scheduled when asked to, never shorter', () => {
    expect(decide(503, { retryAfter: '600' })).toEqual({ kind: 'retry', delayMs: 600_000, counted: true });
    expect(decide(429, { retryAfter: '1' })).toEqual({ kind: 'retry', delayMs: 60_000, counted: true });
  });

  test.each(['31536000', '999999999999', '99999999999999999999', '9'.repeat(400), 'Tue, 03 Aug 2027 09:00:00 GMT'])(
    'of a year waits a day: %s',
    (retryAfter) => {
      expect(decide(503, { retryAfter })).toEqual({ kind: 'retry', delayMs: retryAfterMaxMs, counted: true });
    },
  );

  test('of any text is a number of milliseconds that is not negative', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.date().map(String)), (text) => {
        const asked = parseRetryAfter(text, nowMs);
        expect(Number.isFinite(asked) && asked >= 0).toBe(true);
        const outcome = decide(503, { retryAfter: text });
        expect(outcome.kind === 'retry' && outcome.delayMs <= retryAfterMaxMs).toBe(true);
      }),
    );
  });
});
