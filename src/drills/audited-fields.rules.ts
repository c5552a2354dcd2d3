import type { AuditedFields } from '../audit/audited-fields.rules.ts';

/** Nothing about drills is secret. */
export const auditedDrill: AuditedFields = {
  check: 'shown',
  subjects: 'shown',
  runs: 'shown',
  pace: 'shown',
  confirmed: 'shown',
  state: 'shown',
  subject: 'shown',
  everyHours: 'shown',
};
