import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { giveBackTold, hold, leftByTold, noteLeft, nothingTold, takeTold, toldNow } from './told-limits.rules.ts';
import type { ToldLimits } from './told-limits.rules.ts';

const reading = (remaining: number, resetAtMs: number) => ({ remaining, resetAtMs });
const waitOf = (told: ToldLimits, nowMs: number, scope = 'calls'): number => {
  const taken = takeTold(told, scope, nowMs);
  return taken.allowed ? 0 : taken.waitMs;
};

describe('a 429 that asks to wait', () => {
  test('holds back the calls of its scope until then, and no others', () => {
    const told = hold(nothingTold, 'v2 calls', 5_000, 1_000);
    expect([1_000, 4_000, 5_999, 6_000].map((nowMs) => waitOf(told, nowMs, 'v2 calls'))).toEqual([5_000, 2_000, 1, 0]);
    expect(waitOf(told, 1_000, 'v1 calls')).toBe(0);
  });

  test('is not cut short by one that asks for less', () => {
    expect(waitOf(hold(hold(nothingTold, 'calls', 5_000, 0), 'calls', 1_000, 100), 100)).toBe(4_900);
    expect(waitOf(hold(hold(nothingTold, 'calls', 1_000, 0), 'calls', 5_000, 100), 100)).toBe(5_000);
  });

  test('holds for a minute at most, since it may be of one resource alone', () => {
    const told = hold(nothingTold, 'calls', 3_600_000, 0);
    expect([0, 59_999, 60_000].map((nowMs) => waitOf(told, nowMs))).toEqual([60_000, 1, 0]);
  });

  test('asks for nothing with 0, and ends when a clock is set back', () => {
    expect(hold(nothingTold, 'calls', 0, 100)).toBe(nothingTold);
    expect(waitOf(hold(nothingTold, 'calls', 5_000, 100_000), 99_999)).toBe(0);
  });

  test('lets nothing out before the latest time that was asked for, a minute at most, and everything from then on', () => {
    const asking = fc.record({ atMs: fc.nat(90_000), askedMs: fc.nat(120_000) });
    fc.assert(
      fc.property(fc.array(asking, { maxLength: 8 }), fc.nat(300_000), (askings, laterMs) => {
        const inOrder = askings.toSorted((one, other) => one.atMs - other.atMs);
        let told = nothingTold;
        for (const { atMs, askedMs } of inOrder) told = hold(told, 'calls', askedMs, atMs);
        const lastMs = inOrder.at(-1)?.atMs ?? 0;
        const nowMs = lastMs + laterMs;
        const endMs = Math.max(0, ...inOrder.map(({ atMs, askedMs }) => atMs + Math.min(askedMs, 60_000)));
        expect(waitOf(told, nowMs)).toBe(Math.max(0, endMs - nowMs));
      }),
    );
  });
});

describe('what an answer says to be left', () => {
  test('is counted down by calls, and nothing goes out beyond it until its reset', () => {
    let told = noteLeft(nothingTold, 'calls', reading(2, 10_000), 0);
    expect(leftByTold(told, 'calls', 1)).toBe(2);
    for (const remaining of [1, 0]) {
      const taken = takeTold(told, 'calls', 1);
      expect(taken).toMatchObject({ allowed: true, remaining });
      if (taken.allowed) told = taken.told;
    }
    expect(waitOf(told, 4_000)).toBe(6_000);
    expect(leftByTold(told, 'calls', 4_000)).toBe(0);
    const after = takeTold(told, 'calls', 10_000);
    expect(after).toEqual({ allowed: true, told: nothingTold, remaining: null });
    expect(after.allowed && after.told === nothingTold, 'calls without limits cost nothing again').toBe(true);
  });

  test('is replaced by what the next answer says, more or less, and what is over says nothing', () => {
    const told = noteLeft(noteLeft(nothingTold, 'calls', reading(0, 10_000), 0), 'calls', reading(5, 10_000), 100);
    expect(leftByTold(told, 'calls', 200)).toBe(5);
    expect(noteLeft(told, 'calls', reading(0, 200), 200)).toBe(told);
  });

  test('comes back from a call that never went out, unless an answer has told anew since', () => {
    const taken = takeTold(noteLeft(nothingTold, 'calls', reading(1, 10_000), 0), 'calls', 100);
    if (!taken.allowed) throw new Error('one was left');
    expect(leftByTold(giveBackTold(taken.told, 'calls', 100), 'calls', 200)).toBe(1);
    const since = noteLeft(taken.told, 'calls', reading(0, 10_000), 150);
    expect(leftByTold(giveBackTold(since, 'calls', 100), 'calls', 200)).toBe(0);
  });

  test('stops calls for a minute at most, however far away its reset is', () => {
    const told = noteLeft(nothingTold, 'calls', reading(0, 3_600_000), 1_000);
    expect([1_000, 60_999].map((nowMs) => waitOf(told, nowMs))).toEqual([60_000, 1]);
    expect(takeTold(told, 'calls', 61_000)).toMatchObject({ allowed: true, remaining: 0 });
  });
});

test('what holds is told to whoever looks, each with whose calls it is of, and nothing of what is over', () => {
  const held = hold(nothingTold, 'v2 calls', 5_000, 1_000);
  const told = noteLeft(noteLeft(held, '', reading(7, 9_000), 1_000), 'burst', reading(0, 3_000), 1_000);
  expect(toldNow(told, 2_000)).toEqual([
    { budgets: ['v2', 'calls'], remaining: null, heldUntilMs: 6_000 },
    { budgets: [], remaining: 7, heldUntilMs: null },
    { budgets: ['burst'], remaining: 0, heldUntilMs: 3_000 },
  ]);
  expect(toldNow(told, 6_000)).toEqual([{ budgets: [], remaining: 7, heldUntilMs: null }]);
  expect(toldNow(told, 9_000)).toEqual([]);
});
