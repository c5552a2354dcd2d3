import { digestOf } from '../../readiness/digest.rules.ts';
import { findingOfReview } from '../../readiness/finding-of-review.rules.ts';
import { hashOfEvidence } from '../../readiness/evidence.rules.ts';
import type { CheckState } from '../../readiness/finding.ts';
import { stateOfAttestation } from '../people/attestation.rules.ts';
import { hashOfEvidenceSet } from '../people/evidence-set.rules.ts';
import { fallenBecause, missingDuties } from '../people/sign-off.rules.ts';
import { isSigned } from '../before-launch.rules.ts';
import { isStanding } from '../reviewed-checks.rules.ts';
import { verdictOf } from '../verdict.rules.ts';
import type { CertificateParts, CertifiedCheck, Manifest } from './certificate.rules.ts';

/** What is wrong with a certificate, and where in it. */
export type CertificateFault = { place: string; what: string };

type Add = (place: string, what: string) => void;
type Certified = { parts: CertificateParts; manifest: Manifest; atMs: number; add: Add };

/**
 * Decides anew, from the parts alone, everything that a certificate says: hashes of evidence, what each check stands on, which
 * sign-offs stand, and the verdict. For parts that are as they were signed, so that their shape is known.
 */
export function faultsOfParts(parts: CertificateParts, manifest: Manifest): CertificateFault[] {
  const faults: CertificateFault[] = [];
  const certified = {
    parts,
    manifest,
    atMs: Date.parse(manifest.at),
    add: (place: string, what: string) => void faults.push({ place, what }),
  };
  checkSet(certified);
  for (const check of parts.checks) checkState(check, certified);
  checkTranscripts(certified);
  checkSignOffs(certified);
  checkVerdict(certified);
  checkPeople(certified);
  return faults;
}

const placeOf = ({ checkId, subject }: Pick<CertifiedCheck, 'checkId' | 'subject'>): string =>
  `checks ${checkId} (${subject.id})`;
const keyOf = (checkId: string, subject: { kind: string; id: string }): string =>
  `${checkId} ${subject.kind} ${subject.id}`;

/** The evidence set is that of this review, has the hash that was signed, and says what the checks say. */
function checkSet({ parts, manifest, add }: Certified): void {
  const { evidenceSet: set, review, checks } = parts;
  if (hashOfEvidenceSet(set) !== manifest.evidenceHash) add('evidenceSet', 'has another hash than the manifest says');
  if (set.reviewId !== manifest.review || review.id !== manifest.review || review.teamId !== manifest.team) {
    add('review', 'is another one than the manifest says');
  }
  if (set.release !== manifest.release || set.environment !== manifest.environment) {
    add('evidenceSet', 'is of another release or environment than the manifest says');
  }
  const said = new Map(set.checks.map((each) => [keyOf(each.checkId, each.subject), each]));
  for (const check of checks.filter(isSigned)) {
    const key = keyOf(check.checkId, check.subject);
    const one = said.get(key);
    if (one?.state !== check.state || one.basis !== check.basis) {
      add(placeOf(check), 'does not stand as the evidence set says');
    }
    said.delete(key);
  }
  for (const key of said.keys()) add('checks', `has none for ${key}, which the evidence set has`);
}

/** What a check stands on is there, is about it, and says so at the time of the certificate. */
function checkState(check: CertifiedCheck, { parts, manifest, atMs, add }: Certified): void {
  const { checkId, subject, state, basis, evidence } = check;
  const place = placeOf(check);
  if (evidence !== null) {
    if (hashOfEvidence(evidence) !== evidence.hash) add(place, 'has evidence that does not fit its hash');
    if (keyOf(evidence.checkId, evidence.subject) !== keyOf(checkId, subject)) {
      add(place, 'has the evidence of another check or subject');
    }
    if (evidence.measuredAtMs > atMs) add(place, 'was measured after the certificate was issued');
  }
  const isAbout = (each: { checkId: string; subject: { kind: string; id: string } }): boolean =>
    keyOf(each.checkId, each.subject) === keyOf(checkId, subject);
  if (state === 'attested') {
    const attestation = parts.attestations.find((each) => each.id === basis && isAbout(each)) ?? null;
    const said = stateOfAttestation(attestation, { needsReview: check.needsReview, nowMs: atMs });
    if (said.state !== 'attested') add(place, `counts as attested, and is not: ${said.because ?? ''}`);
  } else if (state === 'waived') {
    const waiver = parts.waivers.find((each) => each.id === basis && isAbout(each));
    const isWaived = waiver !== undefined && isStanding(waiver, atMs) && check.severity !== 'blocker';
    if (!isWaived) add(place, 'counts as waived, and no waiver of it is in force');
  } else if (state === 'passed' || state === 'failed') {
    if (check.kind === 'attested') add(place, `counts as ${state}, which nothing measures`);
    else if (evidence === null) add(place, `counts as ${state} without evidence`);
    else if (findingOfReview(evidence.finding, manifest.review)?.state !== state || evidence.expiresAtMs <= atMs) {
      add(place, `counts as ${state}, and its evidence does not say so`);
    }
  }
}

/** Every drill that decided a check is there step by step, as it was when its evidence was stored. */
function checkTranscripts({ parts, add }: Certified): void {
  const byEvidence = new Map(parts.transcripts.map((each) => [each.evidenceId, each]));
  for (const transcript of parts.transcripts) {
    if (digestOf(transcript.transcript) !== transcript.transcriptHash) {
      add(`transcripts ${transcript.id}`, 'does not fit its hash');
    }
  }
  for (const check of parts.checks) {
    const hash = check.evidence?.finding.values.find(({ name }) => name === 'transcriptSha256')?.value;
    if (hash === undefined || check.evidence === null) continue;
    const transcript = byEvidence.get(check.evidence.id);
    if (transcript === undefined) add(placeOf(check), 'rests on a drill whose transcript is not there');
    else if (transcript.transcriptHash !== hash) add(placeOf(check), 'rests on another transcript than the one there');
  }
}

/** Sign-offs that stand are of who may give them, over this evidence set, after what it stands on was said. */
function checkSignOffs({ parts, manifest, atMs, add }: Certified): void {
  const facts = { evidenceHash: manifest.evidenceHash, signers: new Map(Object.entries(parts.review.signers)) };
  const used = new Set(parts.checks.map(({ basis }) => basis));
  const reviewed = new Set(parts.checks.filter(({ needsReview }) => needsReview).map(({ basis }) => basis));
  const said = [
    ...parts.attestations.flatMap(({ id, attestedAtMs, review }) => [
      { id, atMs: attestedAtMs },
      ...(reviewed.has(id) && review !== null ? [{ id, atMs: review.atMs }] : []),
    ]),
    ...parts.waivers.flatMap(({ id, approval }) => (approval === null ? [] : [{ id, atMs: approval.atMs }])),
  ].filter(({ id }) => used.has(id));
  for (const signOff of parts.signOffs) {
    const place = `signOffs ${signOff.id}`;
    const stands = fallenBecause(signOff, facts) === null;
    if (stands !== (signOff.fallenBecause === null)) add(place, 'stands otherwise than it says');
    if (signOff.signedAtMs > atMs) add(place, 'was given after the certificate was issued');
    const later = stands ? said.find((each) => each.atMs > signOff.signedAtMs) : undefined;
    if (later !== undefined) add(place, `was given before ${later.id}, which it stands on`);
  }
  const { requiredDuties, missingDuties: named } = parts.review;
  const missing = missingDuties(requiredDuties, parts.signOffs, facts);
  if (missing.join() !== named.join())
    add('review', `lacks signatures for ${missing.join(', ') || 'nothing'}, and says otherwise`);
}

/** The verdict, and the progress by section, are those of the checks. */
function checkVerdict({ parts, manifest, atMs, add }: Certified): void {
  const { review, checks, waivers } = parts;
  const { passed } = verdictOf({
    checks: checks.map(({ severity, ...check }) => ({ ...check, definition: { severity } })),
    missingDuties: review.missingDuties,
    standingWaivers: waivers.filter((waiver) => isStanding(waiver, atMs)).length,
    waiverCap: review.waiverCap,
  });
  if (passed !== manifest.passed || passed !== review.verdict.passed)
    add('review', 'has another verdict than its checks');
  for (const progress of review.sections) {
    const inside = checks.filter(({ section }) => section === progress.section);
    const isRight =
      inside.length === progress.total && inside.every(({ state }) => progress[state] === count(inside, state));
    if (!isRight) add('review', `has another progress in ${progress.section} than its checks`);
  }
}

function count(checks: readonly CertifiedCheck[], state: CheckState): number {
  return checks.filter((check) => check.state === state).length;
}

/** Whoever said something is named. */
function checkPeople({ parts, add }: Certified): void {
  const named = new Set(parts.people.map(({ id }) => id));
  const said = [
    ...parts.attestations.flatMap(({ author, review }) => [author, review?.by]),
    ...parts.waivers.flatMap(({ requestedBy, owner, approval }) => [requestedBy, owner, approval?.by]),
    ...parts.signOffs.map(({ memberId }) => memberId),
  ];
  for (const id of new Set(said)) if (id !== undefined && !named.has(id)) add('people', `has no ${id}`);
}
