import type { StateOfCheck } from '../../readiness/evidence.rules.ts';
import { type Fault, saysSomething } from './fault.rules.ts';

/** What an attestation rests on. Hashes are SHA-256, hex: what is attested is what had this hash. */
export type Proof =
  | { kind: 'text'; text: string }
  | { kind: 'link'; url: string; sha256: string | null }
  | { kind: 'file'; name: string; sha256: string };

/** A member says that a check holds. `author` and reviewers are ids of members. */
export type Attestation = {
  author: string;
  proofs: readonly Proof[];
  attestedAtMs: number;
  expiresAtMs: number;
  review: { by: string; atMs: number } | null;
};

/** What the check demands of it: `needsReview` where somebody else has to confirm it. */
export type AttestationDemand = { ttlSeconds: number; needsReview: boolean };

const sha256 = /^[0-9a-f]{64}$/;

/** What keeps an attestation from being recorded. It is good for at most as long as results of its check are. */
export function faultsOfAttestation(draft: Omit<Attestation, 'author' | 'review'>, demand: AttestationDemand): Fault[] {
  const faults: Fault[] = [];
  if (draft.proofs.length === 0) faults.push({ pointer: '/proofs', message: 'name a text, a link or a file' });
  draft.proofs.forEach((proof, index) => {
    const message = faultOfProof(proof);
    if (message !== null) faults.push({ pointer: `/proofs/${index}`, message });
  });
  const { attestedAtMs, expiresAtMs } = draft;
  const latestMs = attestedAtMs + demand.ttlSeconds * 1000;
  if (!(expiresAtMs > attestedAtMs && expiresAtMs <= latestMs)) {
    faults.push({ pointer: '/expiresAt', message: `must lie ahead, by ${new Date(latestMs).toISOString()}` });
  }
  return faults;
}

function faultOfProof(proof: Proof): string | null {
  if (proof.kind === 'text') return saysSomething(proof.text) ? null : 'says too little: what was looked at, and when?';
  if (proof.kind === 'file') {
    if (proof.name.trim() === '') return 'has no name';
    return sha256.test(proof.sha256) ? null : 'needs the SHA-256 of the file: 64 digits, 0 to 9 and a to f';
  }
  const url = URL.canParse(proof.url) ? new URL(proof.url) : null;
  if (url === null || url.protocol !== 'https:') return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must hold no user name and no password';
  return proof.sha256 === null || sha256.test(proof.sha256) ? null : 'has a SHA-256 that is none';
}

/** Why a member may not review an attestation; null when they may. */
export function refuseReview(attestation: Attestation, by: string, nowMs: number): string | null {
  if (attestation.author === by) return 'Nobody reviews what they attested: ask another member.';
  if (attestation.review !== null) return 'It was reviewed already.';
  if (nowMs >= attestation.expiresAtMs) return 'It has ended: it has to be attested anew.';
  return null;
}

/** How a check stands that only a person decides. Never better than `stale` or `unknown` unless everything is there. */
export function stateOfAttestation(
  attestation: Attestation | null,
  { needsReview, nowMs }: { needsReview: boolean; nowMs: number },
): StateOfCheck {
  if (attestation === null) return { state: 'unknown', because: 'Nobody attested it.' };
  const { author, review, attestedAtMs, expiresAtMs } = attestation;
  if (nowMs < attestedAtMs) return { state: 'unknown', because: 'It is dated in the future.' };
  if (nowMs >= expiresAtMs) {
    return { state: 'stale', because: `It was only good until ${new Date(expiresAtMs).toISOString()}.` };
  }
  if (needsReview && (review === null || review.by === author)) {
    return { state: 'unknown', because: 'It waits for a reviewer other than its author.' };
  }
  return { state: 'attested', because: null };
}
