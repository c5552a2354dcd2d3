import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/readiness/digest.rules.ts';
import { hashOfEvidence, stateOf } from '../../src/readiness/evidence.rules.ts';
import type { Evidence } from '../../src/readiness/finding.ts';
import { listed, percentOf } from '../../src/readiness/finding.rules.ts';

const nowMs = Date.UTC(2026, 10, 21);
const unhashed: Omit<Evidence, 'hash'> = {
  id: 'evd_01kajxkkj8ffkr1g8xs6a3ek0r',
  checkId: 'a.check',
  subject: { kind: 'endpoint', id: 'ep_01kajxkkj8ffkr1g8xs6a3ek0r', teamId: 'team_01kajxkkj8ffkr1g8xs6a3ek0r' },
  finding: { state: 'passed', seen: 'It is so.', values: [{ name: 'n', value: 1.5 }], command: null },
  measuredAtMs: nowMs - 1_000,
  expiresAtMs: nowMs + 1_000,
  collectorVersion: 2,
  release: '1.0.0',
  environment: 'production',
  configurationDigest: digestOf({ url: 'https://a.example' }),
};
const evidence: Evidence = { ...unhashed, hash: hashOfEvidence(unhashed) };
const present = { nowMs, configurationDigest: evidence.configurationDigest, collectorVersion: 2 };

describe('the state of a check', () => {
  test.each(['passed', 'failed', 'unknown', 'not-applicable'] as const)('is that of fresh evidence: %s', (state) => {
    const other = { ...unhashed, finding: { ...unhashed.finding, state } };
    expect(stateOf({ ...other, hash: hashOfEvidence(other) }, present)).toEqual({ state, because: null });
  });

  test('is unknown without evidence', () => {
    expect(stateOf(null, present)).toMatchObject({ state: 'unknown' });
  });

  test.each([
    ['its time is over', { nowMs: evidence.expiresAtMs }, /only good until 2026-11-21/],
    ['the configuration was changed', { configurationDigest: digestOf({}) }, /configuration was changed/],
    ['the judgement is another', { collectorVersion: 3 }, /other rules/],
  ])('is stale when %s', (_when, change, because) => {
    const state = stateOf(evidence, { ...present, ...change });
    expect(state.state).toBe('stale');
    expect(state.because).toMatch(because);
  });

  test('holds until the very moment at which its time is over', () => {
    expect(stateOf(evidence, { ...present, nowMs: evidence.expiresAtMs - 1 }).state).toBe('passed');
  });

  test('is unknown when anything at all of the stored evidence was changed', () => {
    const changes: Partial<Evidence>[] = [
      { id: 'evd_01kajxkkj8ffkr1g8xs6a3ek0s' },
      { checkId: 'another.check' },
      { subject: { ...evidence.subject, id: 'ep_01kajxkkj8ffkr1g8xs6a3ek0s' } },
      { finding: { ...evidence.finding, state: 'failed' } },
      { finding: { ...evidence.finding, seen: 'It is so!' } },
      { finding: { ...evidence.finding, values: [{ name: 'n', value: 1.6 }] } },
      { measuredAtMs: evidence.measuredAtMs + 1 },
      { expiresAtMs: evidence.expiresAtMs + 1 },
      { collectorVersion: 3 },
      { release: '1.0.1' },
      { environment: 'development' },
      { configurationDigest: digestOf(1) },
    ];
    for (const change of changes) {
      const state = stateOf({ ...evidence, ...change }, { ...present, ...change });
      expect(state, JSON.stringify(change)).toMatchObject({ state: 'unknown', because: expect.stringMatching(/hash/) });
    }
  });
});

describe('a digest', () => {
  test('does not depend on the order of names', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(digestOf(turned)).toBe(digestOf(value));
      }),
    );
  });

  test('is another for another value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        if (!same && typeof one !== 'object') expect(digestOf(one)).not.toBe(digestOf(other));
      }),
    );
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
    expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  });
});

test('a share is rounded down, so that what is not all never reads as all', () => {
  expect(percentOf(99_999, 100_000)).toBe(99.99);
  expect(percentOf(0, 0)).toBe(0);
});

test('a long list says how much it leaves out', () => {
  expect(listed(['a'])).toBe('a');
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
  expect(listed(['1', '2', '3', '4', '5', '6', '7'])).toBe('1, 2, 3, 4, 5 and 2 more');
});
