import { array, assert, constantFrom, integer, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedChecks, type DecidedCheck, type EvidenceSet, hashOfEvidenceSet } from './evidence-set.rules.ts';
import { fallenBecause, missingDuties, refuseSignOff, type SignOff } from './sign-off.rules.ts';

const check = (checkId: string, state: DecidedCheck['state'] = 'passed', basis: string | null = null): DecidedCheck => {
  return { checkId, subject: { kind: 'gateway', id: 'gateway' }, state, basis };
};
const checks = [
  check('a'),
  check('b', 'waived', 'waiver 1'),
  check('c', 'attested', 'attestation 1'),
  check('d', 'failed'),
];
const set: EvidenceSet = {
  reviewId: 'rev_1',
  checklists: ['one', 'two'],
  scope: { selfHosted: true },
  release: '1.0.0',
  environment: 'production',
  configurationDigest: 'c0ffee',
  checks,
};
const hash = hashOfEvidenceSet(set);

describe('the hash of an evidence set', () => {
  test('is the same in whatever order checks and checklists are', () => {
    assert(
      property(shuffledSubarray(checks, { minLength: checks.length }), (shuffled) => {
        expect(hashOfEvidenceSet({ ...set, checks: shuffled, checklists: ['two', 'one'] })).toBe(hash);
      }),
    );
  });

  test('changes with everything that a signer decides on', () => {
    const others: Partial<EvidenceSet>[] = [
      { reviewId: 'rev_2' },
      { checklists: ['one'] },
      { scope: { selfHosted: false } },
      { release: '1.0.1' },
      { environment: 'development' },
      { configurationDigest: 'decaf' },
      { checks: checks.slice(1) },
      { checks: [...checks, check('e')] },
      { checks: [check('a', 'stale'), ...checks.slice(1)] },
      { checks: checks.map((each) => (each.checkId === 'b' ? check('b', 'waived', 'waiver 2') : each)) },
      { checks: checks.map((each) => ({ ...each, subject: { kind: 'team', id: 'gateway' } })) },
    ];
    const hashes = others.map((change) => hashOfEvidenceSet({ ...set, ...change }));
    expect(new Set([hash, ...hashes]).size).toBe(others.length + 1);
  });

  test('differs exactly when something is shown to whoever signed before', () => {
    const some = array(
      record({
        checkId: constantFrom('a', 'b', 'c'),
        subject: record({ kind: constantFrom('gateway' as const, 'team' as const), id: constantFrom('x', 'y') }),
        state: constantFrom('passed' as const, 'failed' as const, 'waived' as const),
        basis: constantFrom(null, 'w1', 'w2'),
      }),
      { maxLength: 5 },
    ).map((all) => [
      ...new Map(all.map((each) => [`${each.checkId} ${each.subject.kind} ${each.subject.id}`, each])).values(),
    ]);
    assert(
      property(some, some, (before, after) => {
        const [one, other] = [
          { ...set, checks: before },
          { ...set, checks: after },
        ];
        expect(changedChecks(one, other).length > 0).toBe(hashOfEvidenceSet(one) !== hashOfEvidenceSet(other));
      }),
    );
    const after = { ...set, checks: [check('a', 'failed'), ...checks.slice(1, 3), check('e')] };
    expect(changedChecks(set, after).map(({ checkId, from, to }) => [checkId, from, to])).toEqual([
      ['a', 'passed', 'failed'],
      ['d', 'failed', null],
      ['e', null, 'passed'],
    ]);
  });
});

describe('a sign-off', () => {
  const required = ['engineering', 'security'];
  const signers = new Map([
    ['engineering', ['ada', 'bo']],
    ['security', ['ada', 'cy']],
  ]);
  const facts = { evidenceHash: hash, signers };
  const signed = (duty: string, memberId: string, evidenceHash = hash): SignOff => {
    return { duty, memberId, evidenceHash, signedAtMs: 0 };
  };
  const refuse = (duty: string, memberId: string | null, already: SignOff[] = [], seenHash = hash) =>
    refuseSignOff({ duty, memberId, seenHash }, { ...facts, required, signed: already });

  test('is made by a member who is named for the duty, on the evidence as it is', () => {
    expect(refuse('security', 'cy')).toBeNull();
    expect(refuse('security', null)).toContain('Only members');
    expect(refuse('security', 'bo')).toContain('not named');
    expect(refuse('product', 'cy')).toContain('not signed for product');
    expect(refuse('security', 'cy', [], 'older')).toContain('look again');
  });

  test('is for one duty of a person, once, unless the earlier one fell', () => {
    expect(refuse('security', 'ada', [signed('engineering', 'ada')])).toContain('another one');
    expect(refuse('engineering', 'ada', [signed('engineering', 'ada')])).toContain('already');
    expect(refuse('security', 'ada', [signed('engineering', 'ada', 'older')])).toBeNull();
    expect(refuse('security', 'ada', [signed('engineering', 'bo')])).toBeNull();
  });

  test('falls when the evidence changes in substance, or its member is named no more', () => {
    const one = signed('security', 'cy');
    expect(fallenBecause(one, facts)).toBeNull();
    expect(fallenBecause(one, { ...facts, evidenceHash: 'other' })).toContain('substance');
    expect(fallenBecause(one, { ...facts, signers: new Map() })).toContain('any more');
  });

  test('covers a duty each, by as many people as duties, however they were stored', () => {
    const any = array(
      record({
        duty: constantFrom('engineering', 'security'),
        memberId: constantFrom('ada', 'bo', 'cy', 'eve'),
        evidenceHash: constantFrom(hash, 'older'),
        signedAtMs: integer({ min: 0, max: 5 }),
      }),
      { maxLength: 6 },
    );
    assert(
      property(any, (all) => {
        const missing = missingDuties(required, all, facts);
        const standing = all.filter((each) => fallenBecause(each, facts) === null);
        const people = new Set(standing.map(({ memberId }) => memberId));
        expect(required.length - missing.length).toBeLessThanOrEqual(people.size);
        for (const duty of required.filter((each) => !missing.includes(each))) {
          expect(standing.map((each) => each.duty)).toContain(duty);
        }
      }),
    );
    expect(missingDuties(required, [signed('engineering', 'ada'), signed('security', 'cy')], facts)).toEqual([]);
    expect(missingDuties(required, [signed('engineering', 'ada'), signed('security', 'ada')], facts)).toEqual([
      'security',
    ]);
    expect(missingDuties(required, [], facts)).toEqual(required);
  });
});
