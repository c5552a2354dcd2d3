import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeExpression, type Stood } from './expression.rules.ts';
import { faultsOfRule } from './read-rule.rules.ts';
import type { Rule } from './team-check.ts';

const stood = (checkId: string, state: Stood['state'], value: Stood['values'][number]['value'] = 1): Stood => ({
  checkId,
  subjectId: 'gateway',
  state,
  values: [{ name: 'n', value }],
});
const checks = ['a', 'b', 'c'];
const leaf = fc.oneof(
  fc.record({ check: fc.constantFrom(...checks), state: fc.constantFrom('passed', 'failed') }),
  fc.record({
    check: fc.constantFrom(...checks),
    value: fc.constantFrom('n', 'm'),
    atMost: fc.integer({ min: 0, max: 3 }),
  }),
) as fc.Arbitrary<Rule>;
const { rule: anyRule } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ all: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('rule') }),
  ),
}));
const anyStood = fc.array(
  fc.record({
    checkId: fc.constantFrom(...checks),
    subjectId: fc.constantFrom('ep_1', 'ep_2'),
    state: fc.constantFrom('passed', 'failed', 'unknown', 'stale', 'not-applicable'),
    values: fc.array(fc.record({ name: fc.constant('n'), value: fc.integer({ min: 0, max: 3 }) }), { maxLength: 1 }),
  }),
  { maxLength: 6 },
) as fc.Arbitrary<Stood[]>;

describe('a rule', () => {
  test('holds for every subject of a check, or does not hold', () => {
    const rule: Rule = { check: 'a', state: 'passed' };
    const [one, other] = [
      { ...stood('a', 'passed'), subjectId: 'ep_1' },
      { ...stood('a', 'failed'), subjectId: 'ep_2' },
    ];
    expect(judgeExpression(rule, [one]).state).toBe('passed');
    expect(judgeExpression(rule, [one, other])).toMatchObject({
      state: 'failed',
      seen: 'The rule does not hold: a (ep_2) is failed.',
    });
  });

  test.each([
    [{ equals: 1 }, true],
    [{ equals: '1' }, false],
    [{ below: 1 }, false],
    [{ atMost: 1 }, true],
    [{ above: 0.5 }, true],
    [{ atLeast: 1.5 }, false],
  ])('compares a value: %j', (comparison, holds) => {
    const found = judgeExpression({ check: 'a', value: 'n', ...comparison }, [stood('a', 'passed')]);
    expect(found.state).toBe(holds ? 'passed' : 'failed');
    expect(found.values.map(({ name }) => name)).toEqual(['lookedAtChecks', 'notTrue']);
  });

  test('that hangs on what was not measured is unknown, also when it is turned round', () => {
    for (const old of ['unknown', 'stale'] as const) {
      const open: Rule = { check: 'a', state: 'passed' };
      expect(judgeExpression(open, [stood('a', old)]).state).toBe('unknown');
      expect(judgeExpression({ not: open }, [stood('a', old)]).state).toBe('unknown');
      expect(
        judgeExpression({ any: [open, { check: 'b', state: 'passed' }] }, [stood('a', old), stood('b', 'passed')])
          .state,
      ).toBe('passed');
      expect(
        judgeExpression({ all: [open, { check: 'b', state: 'passed' }] }, [stood('a', old), stood('b', 'failed')])
          .state,
      ).toBe('failed');
    }
    expect(judgeExpression({ not: { check: 'a', state: 'failed' } }, []).state).toBe('unknown');
  });

  test('never passes together with its contrary, and follows De Morgan', () => {
    fc.assert(
      fc.property(anyRule, anyRule, anyStood, (one, other, facts) => {
        const state = (rule: Rule): string => judgeExpression(rule, facts).state;
        const contrary = { passed: 'failed', failed: 'passed', unknown: 'unknown' }[state(one)];
        expect(state({ not: one })).toBe(contrary);
        expect(state({ not: { all: [one, other] } })).toBe(state({ any: [{ not: one }, { not: other }] }));
      }),
    );
  });

  test('that is sound is taken, and whatever else is refused without failing', () => {
    const known = { own: 'team.x', has: (checkId: string) => checks.includes(checkId) };
    fc.assert(
      fc.property(anyRule, (rule) => {
        expect(faultsOfRule(rule, '/rule', known)).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const { pointer } of faultsOfRule(value, '/rule', known)) expect(pointer).toMatch(/^\/rule/);
      }),
    );
    expect(faultsOfRule({ check: 'team.x', state: 'passed' }, '/rule', known)).toEqual([
      { pointer: '/rule/check', message: 'is this very check' },
    ]);
  });
});
