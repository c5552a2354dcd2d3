import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Budget, BudgetReading } from '../../providers/api-profile.ts';
import { giveBack, learn, openBudgets, remainingBudgets, take } from './rate-budget.rules.ts';
import type { BudgetState } from './rate-budget.rules.ts';

const windowMs = 1_000;
const budget = (alignment: Budget['alignment'], limit = 3, name = 'main'): Budget => ({
  name,
  limit,
  windowMs,
  alignment,
});
const reading = (more: Partial<BudgetReading>): BudgetReading => ({
  budget: 'main',
  limit: null,
  remaining: null,
  resetAtMs: null,
  ...more,
});

/** Takes at each time; what was allowed, and the state after. */
function takeAt(
  state: BudgetState,
  times: readonly number[],
  names = ['main'],
): { allowed: number[]; state: BudgetState } {
  const allowed: number[] = [];
  let now = state;
  for (const atMs of times) {
    const taken = take(now, names, atMs);
    now = taken.state;
    if (taken.allowed) allowed.push(atMs);
  }
  return { allowed, state: now };
}

/** Times that rise, from any place in a window on. */
const times = (many = 120) =>
  fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: many }).map((steps) => {
    let atMs = 50_000;
    return steps.map((step) => {
      atMs += step;
      return atMs;
    });
  });

describe('a budget of the clock', () => {
  test('begins anew with each window of the clock, not with the first call', () => {
    const { allowed } = takeAt(openBudgets([budget('clock')], []), [900, 901, 902, 903, 1_000, 1_001, 1_002, 1_003]);
    expect(allowed).toEqual([900, 901, 902, 1_000, 1_001, 1_002]);
  });

  test('says how long to wait: until the window ends', () => {
    const { state } = takeAt(openBudgets([budget('clock')], []), [100, 100, 100]);
    expect(take(state, ['main'], 300)).toEqual({ allowed: false, state, waitMs: 700, budget: 'main' });
  });

  test('allows exactly as many calls in each window as a naive count', () => {
    fc.assert(
      fc.property(times(), fc.integer({ min: 1, max: 6 }), (at, limit) => {
        const counts = new Map<number, number>();
        const expected = at.filter((atMs) => {
          const window = Math.floor(atMs / windowMs);
          const count = (counts.get(window) ?? 0) + 1;
          if (count <= limit) counts.set(window, count);
          return count <= limit;
        });
        expect(takeAt(openBudgets([budget('clock', limit)], []), at).allowed).toEqual(expected);
      }),
    );
  });
});

describe('a budget that slides', () => {
  test('never allows more than its limit in any window, and a call is free again a slot after the window', () => {
    fc.assert(
      fc.property(times(), fc.integer({ min: 1, max: 6 }), (at, limit) => {
        const { allowed } = takeAt(openBudgets([budget('sliding', limit)], []), at);
        for (const start of allowed) {
          const inside = allowed.filter((atMs) => atMs >= start && atMs <= start + windowMs);
          expect(inside.length).toBeLessThanOrEqual(limit);
        }
        const slotMs = windowMs / 50;
        for (const [index, atMs] of at.entries()) {
          if (allowed.includes(atMs)) continue;
          const near = allowed.filter((each) => each <= atMs && each > atMs - windowMs - slotMs);
          expect(near.length, `call ${index} at ${atMs} was refused`).toBeGreaterThanOrEqual(limit);
        }
      }),
    );
  });
});

test('after the wait there is room, and shortly before a clock’s window ends there is none', () => {
  fc.assert(
    fc.property(times(), fc.constantFrom<Budget['alignment']>('clock', 'sliding'), (at, alignment) => {
      const { state } = takeAt(openBudgets([budget(alignment), budget('sliding', 5, 'other')], []), at, [
        'main',
        'other',
      ]);
      const nowMs = at.at(-1) ?? 50_000;
      const taken = take(state, ['main', 'other'], nowMs);
      if (taken.allowed) return;
      expect(take(state, ['main', 'other'], nowMs + taken.waitMs).allowed).toBe(true);
      expect(take(state, ['main', 'other'], nowMs + taken.waitMs - 1).allowed).toBe(false);
    }),
  );
});

test('a call takes from all of its budgets or from none, and the scarcest says what is left', () => {
  const state = openBudgets([budget('clock', 3, 'wide'), budget('clock', 1, 'narrow')], []);
  const first = take(state, ['wide', 'narrow', 'unknown'], 0);
  expect(first).toMatchObject({ allowed: true, remaining: 0 });
  expect(take(first.state, ['wide', 'narrow'], 1)).toMatchObject({ allowed: false, budget: 'narrow' });
  expect(takeAt(first.state, [2, 3, 4], ['wide']).allowed).toEqual([2, 3]);
  expect(take(state, ['unknown'], 0)).toMatchObject({ allowed: true, remaining: null });
});

test('a call that never went out gives back what it took, in its own window', () => {
  const full = takeAt(openBudgets([budget('clock')], []), [100, 200, 300]).state;
  expect(take(giveBack(full, ['main'], 300), ['main'], 400).allowed).toBe(true);
  const next = takeAt(full, [1_000, 1_001, 1_002]).state;
  expect(take(giveBack(next, ['main'], 300), ['main'], 1_003).allowed).toBe(false);
});

test('giving back leaves the budget as it was', () => {
  fc.assert(
    fc.property(times(40), fc.constantFrom<Budget['alignment']>('clock', 'sliding'), (at, alignment) => {
      const { state } = takeAt(openBudgets([budget(alignment)], []), at);
      const nowMs = (at.at(-1) ?? 50_000) + 10;
      const taken = take(state, ['main'], nowMs);
      if (!taken.allowed) return;
      const after = giveBack(taken.state, ['main'], nowMs);
      expect(remainingBudgets(after, nowMs)).toEqual(remainingBudgets(state, nowMs));
    }),
  );
});

describe("the operator's limits", () => {
  test('replace the published ones of the same name, and keep the clock of the same window', () => {
    const state = openBudgets([budget('clock', 9)], [{ name: 'main', limit: 1, windowMs }]);
    expect(takeAt(state, [999, 1_000, 1_001]).allowed).toEqual([999, 1_000]);
  });

  test('slide where nothing is published', () => {
    const state = openBudgets([], [{ name: 'calls', limit: 1, windowMs }]);
    expect(takeAt(state, [999, 1_000, 1_998, 2_100], ['calls']).allowed).toEqual([999, 2_100]);
  });

  test('take over what was used before they were changed', () => {
    const used = takeAt(openBudgets([budget('clock', 9)], []), [0, 1, 2]).state;
    const changed = openBudgets([budget('clock', 9)], [{ name: 'main', limit: 4, windowMs }], used);
    expect(takeAt(changed, [3, 4]).allowed).toEqual([3]);
  });
});

describe('what the provider says', () => {
  const state = openBudgets([budget('clock', 10)], []);

  test('counts when it is less than our own count', () => {
    const after = learn(state, [reading({ remaining: 2, resetAtMs: 1_000 })], 100);
    expect(takeAt(after, [101, 102, 103]).allowed).toEqual([101, 102]);
    expect(takeAt(learn(after, [reading({ remaining: 9, resetAtMs: 1_000 })], 105), [110, 111, 112]).allowed).toEqual([
      110, 111,
    ]);
  });

  test('ends with its own window, which may end later than ours', () => {
    const after = learn(state, [reading({ remaining: 0, resetAtMs: 1_500 })], 100);
    expect(take(after, ['main'], 900)).toMatchObject({ allowed: false, waitMs: 600 });
    expect(take(after, ['main'], 1_500).allowed).toBe(true);
  });

  test('is old news when its window is over', () => {
    expect(takeAt(learn(state, [reading({ remaining: 0, resetAtMs: 1_000 })], 1_000), [1_001]).allowed).toEqual([
      1_001,
    ]);
  });

  test('of a window that is over does not displace what is known of the current one', () => {
    const known = learn(state, [reading({ remaining: 2, resetAtMs: 1_500 })], 1_100);
    expect(
      takeAt(learn(known, [reading({ remaining: 1, resetAtMs: 1_000 })], 1_101), [1_102, 1_103, 1_104]).allowed,
    ).toEqual([1_102, 1_103]);
  });

  test('replaces a published limit, and never raises the operator’s', () => {
    expect(remainingBudgets(learn(state, [reading({ limit: 25 })], 0), 0)).toMatchObject([
      { limit: 25, remaining: 25 },
    ]);
    const own = openBudgets([budget('clock', 10)], [{ name: 'main', limit: 5, windowMs }]);
    const limits = [25, 2, 0].map((limit) => remainingBudgets(learn(own, [reading({ limit })], 0), 0)[0]?.limit);
    expect(limits).toEqual([5, 2, 5]);
  });

  test('is nothing to budgets that are not known', () => {
    expect(learn(state, [reading({ budget: 'other', remaining: 0 })], 0)).toEqual(state);
  });

  test('bounds what goes out until its reset, whatever comes later', () => {
    const told = fc.record({ atMs: fc.integer({ min: 0, max: 900 }), remaining: fc.integer({ min: 0, max: 12 }) });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 6 }), fc.array(fc.integer({ min: 0, max: 999 })), (tellings, calls) => {
        const steps = [
          ...tellings.map(({ atMs, remaining }) => ({ atMs, remaining })),
          ...calls.map((atMs) => ({ atMs, remaining: null })),
        ].toSorted((one, other) => one.atMs - other.atMs);
        let now = state;
        let bound = 10;
        for (const { atMs, remaining } of steps) {
          if (remaining !== null) {
            now = learn(now, [reading({ remaining, resetAtMs: 1_000 })], atMs);
            bound = Math.min(bound, remaining);
            continue;
          }
          const taken = take(now, ['main'], atMs);
          expect(taken.allowed).toBe(bound > 0);
          now = taken.state;
          if (taken.allowed) bound -= 1;
        }
      }),
    );
  });
});

test('a clock that is set back an hour blocks nobody for longer than a window', () => {
  for (const alignment of ['clock', 'sliding'] as const) {
    const full = takeAt(openBudgets([budget(alignment)], []), [3_600_000, 3_600_001, 3_600_002]).state;
    const taken = take(full, ['main'], 500);
    expect(taken.allowed).toBe(false);
    const told = learn(openBudgets([budget(alignment)], []), [reading({ remaining: 0 })], 3_600_003);
    expect(take(told, ['main'], 3_600_004).allowed).toBe(false);
    for (const before of [told, taken.state]) expect(take(before, ['main'], 500 + windowMs + 20).allowed).toBe(true);
  }
});
