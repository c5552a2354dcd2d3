import type { AuditedFields } from '../audit/audited-fields.rules.ts';

/** An example may hold what somebody pasted from real life. */
export const auditedEventType: AuditedFields = { description: 'shown', schema: 'digest', example: 'digest' };
