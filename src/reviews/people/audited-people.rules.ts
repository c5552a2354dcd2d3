import type { AuditedFields } from '../../audit/audited-fields.rules.ts';
import type { AttestationOnRecord, SignOffOnRecord, WaiverOnRecord } from '../review.ts';

/** What people write may name people: of it the audit log keeps a SHA-256, which proves the wording. */
export const auditedAttestation: AuditedFields = {
  check: 'shown',
  subject: 'shown',
  proofs: 'digest',
  note: 'digest',
  expiresAt: 'shown',
};

export function attestationFacts({ checkId, subject, proofs, note, expiresAtMs }: Omit<AttestationOnRecord, 'review'>) {
  return { check: checkId, subject, proofs, note, expiresAt: new Date(expiresAtMs) };
}

export const auditedFile: AuditedFields = { sha256: 'shown', contentType: 'shown', sizeBytes: 'shown' };

export const auditedWaiver: AuditedFields = {
  review: 'shown',
  check: 'shown',
  subject: 'shown',
  owner: 'shown',
  reason: 'digest',
  control: 'digest',
  expiresAt: 'shown',
};

export function waiverFacts({ reviewId, checkId, subject, owner, reason, control, expiresAtMs }: WaiverOnRecord) {
  return { review: reviewId, check: checkId, subject, owner, reason, control, expiresAt: new Date(expiresAtMs) };
}

export const auditedSignOff: AuditedFields = {
  review: 'shown',
  duty: 'shown',
  evidenceHash: 'shown',
  remark: 'digest',
};

export function signOffFacts({ reviewId, duty, evidenceHash, remark }: SignOffOnRecord) {
  return { review: reviewId, duty, evidenceHash, remark };
}

/** For turns of what is on record already: how it stands. */
export const auditedTurn: AuditedFields = { status: 'shown', check: 'shown' };
