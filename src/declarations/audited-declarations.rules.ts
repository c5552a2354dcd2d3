import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { Declarations } from './declaration.ts';

/** Who somebody is, and what only their partners know, stays out of a log that nobody can change: it can be compared. */
export const auditedDeclarations: AuditedFields = {
  version: 'shown',
  confirmed: 'shown',
  traffic: 'shown',
  webhooks: 'shown',
  registrations: 'digest',
  addresses: 'shown',
  legalEntity: 'digest',
  participants: 'digest',
  exchange: 'digest',
  providers: 'shown',
  paidPlans: 'shown',
  testRecipients: 'digest',
  fields: 'digest',
  performance: 'shown',
  roles: 'digest',
};

/** What the audit log compares of declarations. */
export function declarationFacts({ version, parts, confirmed }: Declarations) {
  return { version, confirmed, ...parts };
}
