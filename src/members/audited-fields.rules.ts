import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { Member } from './member.ts';

/** Who somebody is stays out of a log that nobody can change: an e-mail can be compared, a name is masked. */
export const auditedMember: AuditedFields = { email: 'digest', role: 'shown', status: 'shown' };

/** What the audit log compares of a member. */
export function memberFacts({ name, email, role, status }: Member) {
  return { name, email, role, status };
}

export const auditedSigners: AuditedFields = { members: 'shown' };
