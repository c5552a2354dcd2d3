import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckDefinition } from '../readiness/check-definition.ts';
import type { CheckState, Evidence } from '../readiness/finding.ts';
import { composeReview, type ReviewFacts } from './compose-review.rules.ts';
import type { AttestationOnRecord, Review, WaiverOnRecord } from './review.ts';

const nowMs = Date.UTC(2026, 10, 21);
const dayMs = 86_400_000;
const [teamId, reviewId] = ['team_01kajxkkj8ffkr1g8xs6a3ek0r', 'rev_01kajxkkj8ffkr1g8xs6a3ek0r'];
const base = { title: 'T', section: 'security', evidence: 'E', ttlSeconds: 3600, brokenBy: null, remedy: 'R' };
const definitions: CheckDefinition[] = [
  { ...base, id: 'a.blocks', subject: 'gateway', severity: 'blocker', kind: 'automatic' },
  { ...base, id: 'b.major', subject: 'gateway', severity: 'major', kind: 'automatic' },
  { ...base, id: 'c.said', subject: 'organisation', severity: 'minor', kind: 'attested' },
  { ...base, id: 'd.on-the-day', subject: 'gateway', severity: 'blocker', kind: 'drill' },
];
const catalogue = {
  checks: new Map(definitions.map((each) => [each.id, each])),
  checklists: new Map([
    [
      'l',
      {
        id: 'l',
        title: 'L',
        signoffs: ['security'],
        items: [
          { ref: '1', says: 'S', phase: 'prepare' as const, checks: ['a.blocks', 'b.major', 'c.said'] },
          { ref: '2', says: 'D', phase: 'launch-day' as const, checks: ['d.on-the-day'] },
        ],
      },
    ],
  ]),
};
const review: Review = {
  id: reviewId,
  teamId,
  name: 'R',
  checklists: ['l'],
  integration: { sources: [], endpoints: [], connections: [] },
  answers: {},
  status: 'open',
  because: null,
  waiverCap: 1,
  createdAtMs: 0,
  updatedAtMs: 0,
  version: 1,
};
const attestation: AttestationOnRecord = {
  id: 'ats_01kajxkkj8ffkr1g8xs6a3ek0r',
  checkId: 'c.said',
  subject: { kind: 'organisation', id: 'organisation' },
  note: null,
  author: 'mem_1',
  proofs: [],
  attestedAtMs: nowMs - 1_000,
  expiresAtMs: nowMs + dayMs,
  review: null,
};
const waiverOf = (checkId: string, more: Partial<WaiverOnRecord> = {}): WaiverOnRecord => ({
  id: `wvr_${checkId}`,
  reviewId,
  checkId,
  subject: { kind: 'gateway', id: 'gateway' },
  endedAtMs: null,
  requestedBy: 'mem_1',
  owner: 'mem_1',
  reason: 'r',
  control: 'c',
  requestedAtMs: nowMs - dayMs,
  expiresAtMs: nowMs + dayMs,
  approval: { by: 'mem_2', atMs: nowMs - 1_000 },
  ...more,
});
const factsWith = (states: Record<string, CheckState>, more: Partial<ReviewFacts> = {}): ReviewFacts => ({
  review,
  catalogue,
  statuses: definitions.map((definition) => ({
    checkId: definition.id,
    definition,
    subject: { kind: definition.subject, id: definition.subject, teamId: null, name: 'this' },
    evidence: null,
    decidable: true,
    state: states[definition.id] ?? 'passed',
    because: null,
  })),
  outOfScope: { checks: new Map(), subjects: new Map() },
  attestations: [attestation],
  waivers: [],
  assignments: [],
  nowMs,
  digests: new Map([['gateway', 'digest']]),
  signOffs: [],
  signers: new Map([['security', ['mem_1']]]),
  release: '1.0.0',
  environment: 'production',
  ...more,
});
const signed = (facts: ReviewFacts): ReviewFacts => {
  const { evidenceHash } = composeReview(facts);
  const signOff = {
    id: 'sgn_1',
    reviewId,
    remark: null,
    duty: 'security',
    memberId: 'mem_1',
    evidenceHash,
    signedAtMs: nowMs,
  };
  return { ...facts, signOffs: [signOff] };
};
/** Evidence of a check that judged every review of the team by itself, of which another one failed. */
const judgedEach = (reviews: NonNullable<Evidence['finding']['reviews']>): ReviewFacts => {
  const facts = factsWith({ 'a.blocks': 'failed' });
  const finding = {
    state: 'failed',
    seen: 'Other: it has no launch plan.',
    values: [],
    command: null,
    reviews,
  } as const;
  const statuses = facts.statuses.map((status) => {
    const { checkId, subject } = status;
    const measured = {
      id: 'evd_1',
      measuredAtMs: 0,
      expiresAtMs: nowMs + dayMs,
      collectorVersion: 1,
      release: '1.0.0',
    };
    const where = { environment: 'production', configurationDigest: 'd', hash: 'h' } as const;
    return checkId === 'a.blocks'
      ? { ...status, evidence: { ...measured, ...where, checkId, subject, finding } }
      : status;
  });
  return { ...facts, statuses };
};
const stateOf = (facts: ReviewFacts, id: string) =>
  composeReview(facts).checks.find(({ checkId }) => checkId === id)?.state;

describe('a review', () => {
  test('counts what a check says of itself, and not that another review of the team fails it', () => {
    const other = { state: 'failed', seen: 'This review: it has no launch plan.', command: null } as const;
    const facts = signed(
      judgedEach({ rev_other: other, [reviewId]: { state: 'passed', seen: 'Six.', command: null } }),
    );
    expect(composeReview(facts).verdict).toEqual({ passed: true, because: [] });
    expect(composeReview(facts).checks.find(({ checkId }) => checkId === 'a.blocks')).toMatchObject({
      because: 'Six.',
    });
    expect(stateOf(judgedEach({ [reviewId]: other }), 'a.blocks')).toBe('failed');
    expect(stateOf(judgedEach({ rev_other: other }), 'a.blocks')).toBe('stale');
  });

  test('passes when all hold and everybody signed, and a sign-off falls with what it was given for', () => {
    const facts = signed(factsWith({}));
    expect(composeReview(facts).verdict).toEqual({ passed: true, because: [] });
    const fallen = composeReview({ ...factsWith({ 'b.major': 'failed' }), signOffs: facts.signOffs });
    expect(fallen.verdict.because).toEqual(['1 check failed: b.major.', 'No signature for security stands.']);
    expect(fallen.signOffs[0]?.fallenBecause).toMatch(/changed in substance/);
    const configured = composeReview({ ...facts, digests: new Map([['gateway', 'other']]) });
    expect(configured.missingDuties).toEqual(['security']);
  });

  test('never passes while anything is failed, unknown or stale, whoever signs', () => {
    const anyState = fc.constantFrom<CheckState>('passed', 'failed', 'unknown', 'stale', 'not-applicable');
    fc.assert(
      fc.property(anyState, anyState, fc.boolean(), (one, other, isSaid) => {
        const facts = factsWith({ 'a.blocks': one, 'b.major': other }, isSaid ? {} : { attestations: [] });
        const holds = [one, other].every((state) => state === 'passed' || state === 'not-applicable');
        expect(composeReview(signed(facts)).verdict.passed).toBe(holds && isSaid);
      }),
    );
  });

  test('neither waits for what can only hold after the launch, nor has it signed', () => {
    const facts = signed(factsWith({ 'd.on-the-day': 'unknown' }));
    expect(composeReview(facts).verdict).toEqual({ passed: true, because: [] });
    const launched = composeReview({ ...factsWith({ 'd.on-the-day': 'failed' }), signOffs: facts.signOffs });
    expect(launched).toMatchObject({ verdict: { passed: true }, missingDuties: [] });
    expect(stateOf(factsWith({ 'd.on-the-day': 'failed' }), 'd.on-the-day')).toBe('failed');
  });

  test('in which nothing holds does not pass', () => {
    const all = new Map(definitions.map(({ id }) => [id, 'Left out.']));
    const facts = signed(factsWith({}, { outOfScope: { checks: all, subjects: new Map() } }));
    expect(composeReview(facts).verdict.because).toEqual(['No check holds yet.']);
  });

  test('lets a standing waiver cover what is no blocker, and no more of them than its cap', () => {
    const failing = { 'a.blocks': 'failed', 'b.major': 'failed' } as const;
    const waivers = [waiverOf('a.blocks'), waiverOf('b.major')];
    expect(stateOf(factsWith(failing, { waivers }), 'b.major')).toBe('waived');
    expect(stateOf(factsWith(failing, { waivers }), 'a.blocks')).toBe('failed');
    expect(composeReview(factsWith(failing, { waivers })).verdict.because).toContain(
      '2 waivers stand, and 1 may: mend what one of them is for.',
    );
  });

  test.each([
    ['not approved', { approval: null }],
    ['approved by who asked', { approval: { by: 'mem_1', atMs: 0 } }],
    ['taken back', { endedAtMs: nowMs }],
    ['over', { expiresAtMs: nowMs }],
    ['about another subject', { subject: { kind: 'source', id: 'src_1' } }],
  ] satisfies [string, Partial<WaiverOnRecord>][])('is not helped by a waiver that is %s', (_what, more) => {
    const facts = factsWith({ 'b.major': 'stale' }, { waivers: [waiverOf('b.major', more)] });
    expect(stateOf(facts, 'b.major')).toBe('stale');
  });

  test('takes an attestation until it ends, and for its check and subject alone', () => {
    expect(stateOf(factsWith({}), 'c.said')).toBe('attested');
    expect(stateOf(factsWith({}, { attestations: [{ ...attestation, expiresAtMs: nowMs }] }), 'c.said')).toBe('stale');
    const elsewhere = { ...attestation, subject: { kind: 'team', id: teamId } } as const;
    expect(stateOf(factsWith({}, { attestations: [elsewhere] }), 'c.said')).toBe('unknown');
  });

  test('counts every check once in its section', () => {
    const { sections } = composeReview(factsWith({ 'a.blocks': 'failed' }));
    expect(sections).toMatchObject([{ section: 'security', total: 4, failed: 1, passed: 2, attested: 1 }]);
  });
});
