import type { SignedCheckpoint } from '../../audit/checkpoint.rules.ts';
import type { DrillRun } from '../../drills/drill.ts';
import type { CheckKind, Severity } from '../../readiness/check-definition.ts';
import type { Evidence } from '../../readiness/finding.ts';
import type { EvidenceSet } from '../people/evidence-set.rules.ts';
import type { AttestationOnRecord, Review, ReviewedCheck, ReviewView, WaiverOnRecord } from '../review.ts';

export const certificateFormat = 'posthorn-review-certificate-1';

/** A check as it is certified: what it demands, how it stands, and the whole evidence. */
export type CertifiedCheck = Pick<ReviewedCheck, 'checkId' | 'items' | 'state' | 'because' | 'basis'> & {
  title: string;
  section: string;
  severity: Severity;
  kind: CheckKind;
  demands: string;
  remedy: string;
  needsReview: boolean;
  subject: Pick<ReviewedCheck['subject'], 'kind' | 'id' | 'name'>;
  evidence: Evidence | null;
};

/** Whoever said something, by name. No e-mail address. */
export type CertifiedPerson = { id: string; name: string; role: string; status: string };

/** A drill that evidence rests on, step by step. */
export type CertifiedTranscript = Pick<
  DrillRun,
  'id' | 'checkId' | 'subject' | 'version' | 'transcript' | 'evidenceId' | 'startedAtMs' | 'endedAtMs'
> & { transcriptHash: string };

type CertifiedReview = Review & {
  teamName: string;
  verdict: ReviewView['verdict'];
  sections: ReviewView['sections'];
  requiredDuties: readonly string[];
  missingDuties: readonly string[];
  /** Ids of members by duty. */
  signers: Readonly<Record<string, readonly string[]>>;
};

/** What a certificate is made of. Each part is hashed as canonical JSON, and named in the manifest. */
export type CertificateParts = {
  review: CertifiedReview;
  checks: readonly CertifiedCheck[];
  evidenceSet: EvidenceSet;
  attestations: readonly AttestationOnRecord[];
  waivers: readonly WaiverOnRecord[];
  signOffs: ReviewView['signOffs'];
  people: readonly CertifiedPerson[];
  transcripts: readonly CertifiedTranscript[];
  /** The head of the team's audit log, after the entry of this certificate. */
  audit: SignedCheckpoint;
};

/** For people: one HTML page, and a PDF as base64. */
export type Readings = { page: string; pdf: string };

export const partNames = [
  'review',
  'checks',
  'evidenceSet',
  'attestations',
  'waivers',
  'signOffs',
  'people',
  'transcripts',
  'audit',
  'page',
  'pdf',
] as const satisfies readonly (keyof CertificateParts | keyof Readings)[];

export type PartName = (typeof partNames)[number];

/** What is signed. `parts`: the SHA-256 of each part as canonical JSON, hex. */
export type Manifest = {
  format: typeof certificateFormat;
  review: string;
  team: string;
  /** When it was issued, RFC 3339: everything in it stands as at that time. */
  at: string;
  release: string;
  environment: 'development' | 'production';
  evidenceHash: string;
  passed: boolean;
  /** Which key signed: the beginning of its fingerprint. */
  key: string;
  parts: Readonly<Record<PartName, string>>;
};

/** The whole certificate: one JSON document, written as canonical JSON and one line end. */
export type Certificate = {
  manifest: Manifest;
  parts: CertificateParts & Readings;
  /** DER (SubjectPublicKeyInfo), base64. */
  publicKey: string;
  /** Ed25519 over the canonical JSON of the manifest, base64. */
  signature: string;
};
