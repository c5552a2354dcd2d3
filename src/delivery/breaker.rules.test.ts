import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Breaker,
  breakerRoom,
  closedBreaker,
  defaultBreakerPolicy,
  recordAttempt,
  wakeBreaker,
} from './breaker.rules.ts';

const policy = { ...defaultBreakerPolicy, windowMs: 30_000, minimumAttempts: 10, failureShare: 0.8, openMs: 15_000 };

function after(results: boolean[], start: Breaker = closedBreaker(0), atMs = 1): Breaker {
  return results.reduce((breaker, succeeded) => recordAttempt(breaker, succeeded, atMs, policy), start);
}
const failures = (count: number): boolean[] => new Array<boolean>(count).fill(false);
const successes = (count: number): boolean[] => new Array<boolean>(count).fill(true);

test('opens at the share of failures, not before enough attempts were made', () => {
  expect(after(failures(9)).state).toBe('closed');
  expect(after(failures(10))).toEqual({ state: 'open', untilMs: 15_001, openedForMs: 15_000 });
  expect(after([...successes(3), ...failures(7)]).state).toBe('closed');
  expect(after([...successes(2), ...failures(8)]).state).toBe('open');
  expect(after([...failures(8), ...successes(2)]).state).toBe('closed');
});

test('forgets what lies before its window, also when the clock was set back', () => {
  const nine = after(failures(9));
  expect(recordAttempt(nine, false, 30_000, policy)).toMatchObject({ state: 'closed', attempts: 1 });
  expect(recordAttempt(nine, false, -3_600_000, policy)).toMatchObject({ state: 'closed', attempts: 1 });
});

test('lets nothing through while it is open, and its probes when it wakes', () => {
  const open = after(failures(10));
  expect(breakerRoom(wakeBreaker(open, 15_000), policy)).toBe(0);
  const half = wakeBreaker(open, 15_001);
  expect(half.state).toBe('half-open');
  expect(breakerRoom(half, policy)).toBe(policy.probes);
  expect(breakerRoom(closedBreaker(0), policy)).toBe(Number.POSITIVE_INFINITY);
});

test('one good probe closes it, a bad one doubles its time up to the longest', () => {
  let breaker = after(failures(10));
  expect(recordAttempt(wakeBreaker(breaker, 15_001), true, 16_000, policy)).toEqual(closedBreaker(16_000));
  let nowMs = 1;
  for (const expected of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
    nowMs = breaker.state === 'open' ? breaker.untilMs : nowMs;
    breaker = recordAttempt(wakeBreaker(breaker, nowMs), false, nowMs, policy);
    expect(breaker).toEqual({ state: 'open', untilMs: nowMs + expected, openedForMs: expected });
  }
});

test('what ends while it is open changes nothing', () => {
  const open = after(failures(10));
  expect(after([true, false, true], open)).toBe(open);
});

test('a clock that was set back does not keep it open for as long', () => {
  const open = after(failures(10));
  expect(wakeBreaker(open, -3_600_000).state).toBe('half-open');
  expect(wakeBreaker(open, -100)).toBe(open);
});

test('never are more under way than its probes while it is half-open', () => {
  const step = fc.record({
    passMs: fc.nat({ max: 40_000 }),
    starts: fc.nat({ max: 5 }),
    ends: fc.nat({ max: 5 }),
    fails: fc.boolean(),
  });
  const policies = fc.record({
    probes: fc.integer({ min: 1, max: 4 }),
    minimumAttempts: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), policies, (steps, over) => {
      const own = { ...policy, ...over };
      let breaker: Breaker = closedBreaker(0);
      let nowMs = 0;
      let underWay = 0;
      for (const { passMs, starts, ends, fails } of steps) {
        nowMs += passMs;
        breaker = wakeBreaker(breaker, nowMs);
        let started = 0;
        for (let count = 0; count < starts; count += 1) {
          if (underWay < breakerRoom(breaker, own)) {
            underWay += 1;
            started += 1;
          }
        }
        expect(breaker.state === 'open' && started > 0).toBe(false);
        expect(breaker.state === 'half-open' && started > 0 && underWay > own.probes).toBe(false);
        for (let count = 0; count < ends && underWay > 0; count += 1) {
          underWay -= 1;
          const before = breaker;
          breaker = recordAttempt(breaker, !fails, nowMs, own);
          if (before.state === 'half-open') expect(breaker.state).toBe(fails ? 'open' : 'closed');
          if (breaker.state === 'open') expect(breaker.openedForMs).toBeLessThanOrEqual(own.openMaxMs);
        }
      }
    }),
  );
});
