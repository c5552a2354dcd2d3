import type { AuditedFields } from '../audit/audited-fields.rules.ts';

export const auditedDeployment: AuditedFields = {
  release: 'shown',
  environment: 'shown',
  connection: 'shown',
  startedAt: 'shown',
};

/** What was printed can be compared with what is stored; the log does not repeat it. */
export const auditedVerification: AuditedFields = {
  release: 'shown',
  environment: 'shown',
  exitCode: 'shown',
  tookMs: 'shown',
  lines: 'digest',
};
