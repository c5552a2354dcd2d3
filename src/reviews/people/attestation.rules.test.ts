import { assert, boolean, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Attestation,
  faultsOfAttestation,
  type Proof,
  refuseReview,
  stateOfAttestation,
} from './attestation.rules.ts';

const hash = 'a'.repeat(64);
const text: Proof = { kind: 'text', text: 'Read the plan of 2026-07-01 with both leads.' };
const demand = { ttlSeconds: 3600, needsReview: false };
const draft = (proofs: Proof[], expiresAtMs = 3_600_000) => ({ proofs, attestedAtMs: 0, expiresAtMs });

describe('an attestation', () => {
  test.each<Proof>([
    text,
    { kind: 'link', url: 'https://example.com/plan', sha256: null },
    { kind: 'link', url: 'https://example.com/plan', sha256: hash },
    { kind: 'file', name: 'plan.pdf', sha256: hash },
  ])('may rest on %j', (proof) => {
    expect(faultsOfAttestation(draft([proof]), demand)).toEqual([]);
  });

  test.each<Proof>([
    { kind: 'text', text: 'ok         ' },
    { kind: 'link', url: 'http://example.com/plan', sha256: null },
    { kind: 'link', url: 'https://ada:secret@example.com/', sha256: null },
    { kind: 'link', url: 'plan.pdf', sha256: null },
    { kind: 'link', url: 'https://example.com/plan', sha256: 'A'.repeat(64) },
    { kind: 'file', name: 'plan.pdf', sha256: 'a' },
    { kind: 'file', name: ' ', sha256: hash },
  ])('may not rest on %j, and the fault shows nothing of it', (proof) => {
    const faults = faultsOfAttestation(draft([text, proof]), demand);
    expect(faults).toMatchObject([{ pointer: '/proofs/1' }]);
    expect(faults[0]?.message).not.toContain('secret');
  });

  test('needs something to rest on, and an end within the time that its check allows', () => {
    expect(faultsOfAttestation(draft([]), demand)).toMatchObject([{ pointer: '/proofs' }]);
    for (const ends of [0, -1, 3_600_001, Number.NaN]) {
      expect(faultsOfAttestation(draft([text], ends), demand), String(ends)).toMatchObject([{ pointer: '/expiresAt' }]);
    }
  });

  test('counts only within its time, and, where it must, once somebody else reviewed it', () => {
    const attestation = record({
      author: constantFrom('a', 'b'),
      attestedAtMs: integer({ min: 0, max: 20 }),
      lastsMs: integer({ min: 1, max: 20 }),
      review: option(record({ by: constantFrom('a', 'b'), atMs: integer({ min: 0, max: 40 }) }), { nil: null }),
    });
    assert(
      property(attestation, boolean(), integer({ min: 0, max: 50 }), ({ lastsMs, ...given }, needsReview, nowMs) => {
        const one: Attestation = { ...given, proofs: [text], expiresAtMs: given.attestedAtMs + lastsMs };
        const { state, because } = stateOfAttestation(one, { needsReview, nowMs });
        const inTime = nowMs >= one.attestedAtMs && nowMs < one.expiresAtMs;
        const reviewed = !needsReview || (one.review !== null && one.review.by !== one.author);
        expect(state === 'attested').toBe(inTime && reviewed);
        expect(because === null).toBe(state === 'attested');
      }),
    );
    expect(stateOfAttestation(null, { needsReview: false, nowMs: 0 }).state).toBe('unknown');
  });

  test('is reviewed once, in its time, by anybody but its author', () => {
    const one: Attestation = { author: 'a', proofs: [text], attestedAtMs: 0, expiresAtMs: 10, review: null };
    expect(refuseReview(one, 'b', 5)).toBeNull();
    expect(refuseReview(one, 'a', 5)).toContain('another member');
    expect(refuseReview(one, 'b', 10)).toContain('ended');
    expect(refuseReview({ ...one, review: { by: 'b', atMs: 1 } }, 'c', 5)).toContain('already');
  });
});
