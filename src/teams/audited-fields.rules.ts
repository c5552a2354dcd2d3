import type { AuditedFields } from '../audit/audited-fields.rules.ts';

export const auditedTeam: AuditedFields = { name: 'shown', retentionDays: 'shown' };

/** What the audit log compares of a team. */
export function teamFacts(team: { name: string; retentionDays: number }) {
  return { name: team.name, retentionDays: team.retentionDays };
}

export const auditedApiKey: AuditedFields = {
  name: 'shown',
  permissions: 'shown',
  memberId: 'shown',
  expiresAt: 'shown',
  revoked: 'shown',
  secretShown: 'shown',
};
