import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callErrors } from '../../calls/call-ledger.ts';
import { policyDefaults } from '../../connections/policy.ts';
import { decideRetry, readRetryAfter } from './retry.rules.ts';
import type { TryOutcome } from './retry.rules.ts';

const policy = { ...policyDefaults.retries, most: 2, baseMs: 300, mostMs: 20_000 };
const outcome = (more: Partial<TryOutcome>): TryOutcome => ({
  status: null,
  error: null,
  sent: true,
  retryAfterMs: null,
  permanent: false,
  ...more,
});
type Given = Partial<Omit<Parameters<typeof decideRetry>[0], 'outcome'>> & { outcome: Partial<TryOutcome> };
const decide = (given: Given) =>
  decideRetry({
    tries: 1,
    policy,
    repeatable: true,
    bodyKept: true,
    elapsedMs: 0,
    totalMs: 300_000,
    random: 0.5,
    ...given,
    outcome: outcome(given.outcome),
  });
const isRetried = (given: Given): boolean => decide(given).retry;

describe('what a call that may be repeated is tried again after', () => {
  test.each([200, 204, 301, 304, 400, 401, 403, 404, 409, 410, 422, 501, 505])('not after %i', (status) => {
    expect(decide({ outcome: { status } })).toEqual({ retry: false, why: 'final' });
  });

  test.each([408, 429, 500, 502, 503, 504, 520])('after %i', (status) => {
    expect(isRetried({ outcome: { status, error: 'provider_failed' } })).toBe(true);
  });

  test('errors of the network, and nothing that Posthorn or the caller decided', () => {
    const retried = callErrors.filter((error) => isRetried({ outcome: { error } }));
    expect(retried).toEqual(['local', 'dns', 'connect', 'tls', 'timeout', 'reset', 'http']);
  });

  test('an answer that broke off', () => {
    expect(isRetried({ outcome: { status: 200, error: 'reset' } })).toBe(true);
  });

  test('not when the provider says that waiting does not help', () => {
    expect(decide({ outcome: { status: 429, permanent: true } })).toEqual({ retry: false, why: 'permanent' });
  });
});

describe('a call that may not be done twice', () => {
  const unsafe = (more: Partial<TryOutcome>) => decide({ repeatable: false, outcome: more });

  test.each([408, 500, 502, 504])('is not sent again after %i', (status) => {
    expect(unsafe({ status })).toEqual({ retry: false, why: 'not_repeatable' });
  });

  test('is sent again when nothing of it can have arrived', () => {
    expect(unsafe({ error: 'connect', sent: false }).retry).toBe(true);
    expect(unsafe({ error: 'timeout', sent: true })).toEqual({ retry: false, why: 'not_repeatable' });
  });

  test('is sent again after a 429, and after a 503 only if that names a time', () => {
    expect(unsafe({ status: 429 }).retry).toBe(true);
    expect(unsafe({ status: 503, retryAfterMs: 1_000 }).retry).toBe(true);
    expect(unsafe({ status: 503 })).toEqual({ retry: false, why: 'not_repeatable' });
  });
});

test('as many tries follow the first as the policy says', () => {
  const tries = [1, 2, 3, 4].map((each) => decide({ tries: each, outcome: { status: 502 } }).retry);
  expect(tries).toEqual([true, true, false, false]);
});

test('a body that was not kept cannot be sent again', () => {
  expect(decide({ bodyKept: false, outcome: { status: 503 } })).toEqual({ retry: false, why: 'body_not_kept' });
});

test('backoff doubles with each try and has full jitter', () => {
  const delays = [1, 2, 3].map((tries) =>
    decide({ tries, policy: { ...policy, most: 9 }, random: 0.5, outcome: { status: 502 } }),
  );
  expect(delays).toEqual([150, 300, 600].map((delayMs) => ({ retry: true, delayMs })));
  expect(decide({ random: 0, outcome: { status: 502 } })).toEqual({ retry: true, delayMs: 0 });
});

test('a Retry-After beyond the longest wait, or beyond the time left, ends the call', () => {
  const asked = (retryAfterMs: number, elapsedMs = 0) => decide({ elapsedMs, outcome: { status: 429, retryAfterMs } });
  expect(asked(20_001)).toEqual({ retry: false, why: 'asked_too_long' });
  expect(asked(20_000)).toEqual({ retry: true, delayMs: 20_000 });
  expect(asked(10_000, 290_000)).toEqual({ retry: false, why: 'no_time' });
});

test('a retry never comes before its Retry-After, after its longest wait, or after the time of the whole call', () => {
  const wait = fc.double({ min: 0, max: 30_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({ tries: fc.integer({ min: 1, max: 40 }), most: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ baseMs: fc.integer({ min: 0, max: 10_000 }), mostMs: fc.integer({ min: 0, max: 30_000 }) }),
      fc.option(wait),
      fc.record({ elapsedMs: wait, totalMs: wait, random: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
      ({ tries, most }, waits, retryAfterMs, times) => {
        const decision = decide({
          tries,
          policy: { ...policy, ...waits, most },
          outcome: { status: 503, retryAfterMs },
          ...times,
        });
        if (!decision.retry) return;
        expect(tries).toBeLessThanOrEqual(most);
        expect(decision.delayMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
        expect(decision.delayMs).toBeLessThanOrEqual(waits.mostMs);
        expect(times.elapsedMs + decision.delayMs).toBeLessThan(times.totalMs);
      },
    ),
  );
});

test('Retry-After is read as seconds or as an HTTP date, and nothing else', () => {
  const nowMs = Date.UTC(2026, 6, 1, 12, 0, 0);
  const read = (text: string | null) => readRetryAfter(text, nowMs);
  expect(read('3')).toBe(3_000);
  expect(read('0')).toBe(0);
  expect(read('Wed, 01 Jul 2026 12:00:05 GMT')).toBe(5_000);
  expect(['', '-1', '1.5', 'soon', '2026-07-01', 'Wed, 01 Jul 2026 11:59:00 GMT', null].map(read)).toEqual(
    Array.from({ length: 7 }, () => null),
  );
});
