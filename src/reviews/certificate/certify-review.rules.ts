import type { SignedCheckpoint } from '../../audit/checkpoint.rules.ts';
import type { ReviewedCheck, ReviewView } from '../review.ts';
import type { CertificateParts, CertifiedCheck, CertifiedPerson, CertifiedTranscript } from './certificate.rules.ts';

/** The parts of a certificate, from a review as it stands. */
export function certifyReview(
  view: ReviewView,
  more: {
    teamName: string;
    signers: ReadonlyMap<string, readonly string[]>;
    people: readonly CertifiedPerson[];
    transcripts: readonly CertifiedTranscript[];
    audit: SignedCheckpoint;
  },
): CertificateParts {
  const { review, verdict, sections, requiredDuties, missingDuties, evidenceSet, attestations, waivers, signOffs } =
    view;
  const { teamName, people, transcripts, audit } = more;
  const signers = Object.fromEntries(requiredDuties.map((duty) => [duty, more.signers.get(duty) ?? []]));
  return {
    review: { ...review, teamName, verdict, sections, requiredDuties, missingDuties, signers },
    checks: view.checks.map(certifyCheck),
    evidenceSet,
    attestations,
    waivers,
    signOffs,
    people,
    transcripts: transcripts.map(certifyTranscript),
    audit,
  };
}

function certifyCheck({
  definition,
  subject,
  checkId,
  items,
  state,
  because,
  basis,
  evidence,
}: ReviewedCheck): CertifiedCheck {
  const { title, section, severity, kind, evidence: demands, remedy, needsReview = false } = definition;
  const { kind: about, id, name } = subject;
  return {
    checkId,
    title,
    section,
    severity,
    kind,
    demands,
    remedy,
    needsReview,
    items,
    state,
    because,
    basis,
    evidence,
    subject: { kind: about, id, name },
  };
}

/** Only what is certified: a run may be another team's. */
function certifyTranscript(run: CertifiedTranscript): CertifiedTranscript {
  const { id, checkId, subject, version, transcript, transcriptHash, evidenceId, startedAtMs, endedAtMs } = run;
  return { id, checkId, subject, version, transcript, transcriptHash, evidenceId, startedAtMs, endedAtMs };
}

/** Everybody who is named in a review: who said something, who is to mend what, and who may sign. */
export function namedMembers(view: ReviewView, signers: ReadonlyMap<string, readonly string[]>): string[] {
  const named = [
    ...view.attestations.flatMap(({ author, review }) => [author, review?.by]),
    ...view.waivers.flatMap(({ requestedBy, owner, approval }) => [requestedBy, owner, approval?.by]),
    ...view.signOffs.map(({ memberId }) => memberId),
    ...view.requiredDuties.flatMap((duty) => signers.get(duty) ?? []),
  ];
  return [...new Set(named.filter((id) => id !== undefined))].toSorted();
}

/** Of the drills that decided checks: the ids of their evidence. */
export function drilledEvidence(view: ReviewView): string[] {
  return view.checks.flatMap(({ definition, evidence }) =>
    definition.kind === 'drill' && evidence !== null ? [evidence.id] : [],
  );
}
