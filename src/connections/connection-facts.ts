import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { StoredConnection } from './connection.store.ts';

/** Credentials are their ids, names, kinds and ends; nothing here knows their values. */
export const auditedConnection: AuditedFields = {
  provider: 'shown',
  environment: 'shown',
  name: 'shown',
  baseUrl: 'url',
  options: 'shown',
  policy: 'shown',
  status: 'shown',
  credentials: 'shown',
  sources: 'shown',
  archive: 'shown',
};

/** What the audit log compares of a connection. */
export function connectionFacts(stored: StoredConnection) {
  return {
    provider: stored.provider,
    environment: stored.environment,
    name: stored.name,
    baseUrl: stored.baseUrl,
    options: stored.options,
    policy: stored.policy,
    status: stored.status,
    credentials: stored.credentials.map(({ id, name, kind, expiresAt }) => ({ id, name, kind, expiresAt })),
    sources: stored.sourceIds,
    archive: stored.archive,
  };
}
