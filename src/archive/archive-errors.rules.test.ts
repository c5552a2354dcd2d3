import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ArchiveError,
  archiveErrorNames,
  decideNextStep,
  errorOfStatus,
  giveUpAfterMs,
  isNotOffered,
  retryAfterMs,
} from './archive-errors.rules.ts';

const hourMs = 3_600_000;
const step = (error: ArchiveError, more: Partial<Parameters<typeof decideNextStep>[1]> = {}) =>
  decideNextStep(error, { attempt: 1, elapsedMs: 0, leastDelayMs: 0, random: 0, ...more });

describe('the next step', () => {
  test('follows the schedule: 1 min, 5 min, 30 min, 2 h, then every 6 h', () => {
    const delays = [1, 2, 3, 4, 5, 12].map((attempt) => step('not_found', { attempt }));
    const minutes = [1, 5, 30, 120, 360, 360];
    expect(delays).toEqual(minutes.map((each) => ({ state: 'waiting', delayMs: each * 60_000 })));
  });

  test('is none for what is gone, and for what leads nowhere', () => {
    expect(step('gone')).toEqual({ state: 'missing' });
    expect(step('no_documents')).toEqual({ state: 'failed' });
  });

  test('waits as long as it is asked to, and has its last try when the time is over', () => {
    expect(step('provider_failed', { leastDelayMs: 900_000 })).toEqual({ state: 'waiting', delayMs: 900_000 });
    const almost = giveUpAfterMs - 2 * hourMs;
    expect(step('not_found', { attempt: 9, elapsedMs: almost })).toEqual({ state: 'waiting', delayMs: 2 * hourMs });
    expect(step('not_found', { attempt: 9, elapsedMs: giveUpAfterMs })).toEqual({ state: 'missing' });
    expect(step('connection_unknown', { elapsedMs: giveUpAfterMs })).toEqual({ state: 'failed' });
  });

  test('never comes at once, never after the end, and every effort ends', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...archiveErrorNames),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(24 * hourMs)), { minLength: 40 }),
        (error, turns) => {
          let elapsedMs = 0;
          let attempt = 0;
          for (let turn = 0; turn < 400; turn += 1) {
            attempt += 1;
            const [random, leastDelayMs] = turns[turn % turns.length] as [number, number];
            const next = decideNextStep(error, { attempt, elapsedMs, leastDelayMs, random });
            if (next.state !== 'waiting') return;
            expect(next.delayMs).toBeGreaterThanOrEqual(60_000);
            elapsedMs += next.delayMs;
            expect(elapsedMs).toBeLessThanOrEqual(giveUpAfterMs + 60_000);
          }
          throw new Error('it goes on for ever');
        },
      ),
    );
  });
});

test('only 200 is a document', () => {
  expect([200, 204, 206, 301, 304, 400, 401, 404, 410, 429, 500, 503].map(errorOfStatus)).toEqual([
    null,
    ...Array.from({ length: 6 }, () => 'refused'),
    'not_found',
    'gone',
    'provider_failed',
    'provider_failed',
    'provider_failed',
  ]);
});

test('an optional document is not offered at the third 404, and after nothing else', () => {
  expect([1, 2, 3].map((attempt) => isNotOffered('not_found', attempt))).toEqual([false, false, true]);
  expect(archiveErrorNames.filter((error) => isNotOffered(error, 9))).toEqual(['not_found']);
});

test('Retry-After is read in both its forms, a day at most, and nothing is made of anything else', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  expect(retryAfterMs('120', nowMs)).toBe(120_000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', nowMs)).toBe(60_000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', nowMs)).toBe(0);
  expect(retryAfterMs('99999999', nowMs)).toBe(24 * hourMs);
  for (const odd of [undefined, '', 'soon', '-5x', '1e999']) expect(retryAfterMs(odd, nowMs)).toBeNull();
});
