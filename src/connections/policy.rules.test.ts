import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyDefaults } from './policy.ts';
import {
  changePolicy,
  effectivePolicy,
  policyProblems,
  type PolicyChange,
  type PolicySettings,
} from './policy.rules.ts';

describe('the policy of a connection', () => {
  test('is what was set, and the defaults for the rest, also those of a later release', () => {
    const set: PolicySettings = { timeouts: { totalMs: 5_000 } };
    expect(effectivePolicy(policyDefaults, set)).toEqual({
      ...policyDefaults,
      timeouts: { ...policyDefaults.timeouts, totalMs: 5_000 },
    });
    const later = { ...policyDefaults, timeouts: { ...policyDefaults.timeouts, idleMs: 7 } };
    expect(effectivePolicy(later, set).timeouts).toEqual({ firstByteMs: 30_000, idleMs: 7, totalMs: 5_000 });
    const ofAnother = { timeouts: { patienceMs: 1 }, mood: { calm: true } } as unknown as PolicySettings;
    expect(effectivePolicy(policyDefaults, ofAnother)).toEqual(policyDefaults);
  });

  test('changes value by value; null gives a value, or a part, its default again', () => {
    const set = changePolicy({}, { retries: { most: 1, baseMs: 50 }, polling: { mode: 'refuse' } });
    expect(set).toEqual({ retries: { most: 1, baseMs: 50 }, polling: { mode: 'refuse' } });
    expect(changePolicy(set, { retries: { most: 0 } })).toEqual({ ...set, retries: { most: 0, baseMs: 50 } });
    expect(changePolicy(set, { retries: { most: null } })).toEqual({ ...set, retries: { baseMs: 50 } });
    expect(changePolicy(set, { retries: null, polling: { mode: null } })).toEqual({});
    expect(changePolicy(set, { retries: undefined, cache: {} })).toEqual(set);
  });

  test('a change to a part leaves every other as it was, and making it again changes nothing', () => {
    const change = fc.record(
      {
        timeouts: fc.option(fc.record({ idleMs: fc.option(fc.nat()), totalMs: fc.nat() }, { requiredKeys: [] })),
        cache: fc.option(fc.record({ maxBytes: fc.option(fc.nat()) }, { requiredKeys: [] })),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<PolicyChange>;
    fc.assert(
      fc.property(change, change, (first, second) => {
        const before = changePolicy({ breaker: { openMs: 1 } }, first);
        const after = changePolicy(before, second);
        expect(changePolicy(after, second)).toEqual(after);
        expect(after.breaker).toEqual({ openMs: 1 });
        if (second.cache === undefined) expect(after.cache).toEqual(before.cache);
        expect(JSON.stringify(after)).not.toContain('null');
      }),
    );
  });

  test('values that fit alone and not together are refused with their places', () => {
    const policy = effectivePolicy(policyDefaults, {
      retries: { baseMs: 500, mostMs: 400 },
      budget: {
        limits: [
          { name: 'calls', limit: 1, windowMs: 1_000 },
          { name: 'hourly', limit: 1, windowMs: 1_000 },
          { name: 'calls', limit: 2, windowMs: 1_000 },
        ],
      },
    });
    expect(policyProblems(policy, ['calls'])).toEqual([
      { pointer: '/policy/retries/baseMs', message: 'must be at most mostMs, which is 400' },
      { pointer: '/policy/budget/limits/1/name', message: expect.stringContaining('must be one of calls') },
      { pointer: '/policy/budget/limits/2/name', message: 'names a budget twice' },
    ]);
    expect(policyProblems(policyDefaults, [])).toEqual([]);
  });
});
