import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { StoredSource } from './source.store.ts';

/** Credentials are their ids, names, kinds and ends; nothing here knows their values. */
export const auditedSource: AuditedFields = {
  provider: 'shown',
  name: 'shown',
  status: 'shown',
  options: 'shown',
  acceptUncovered: 'shown',
  credentials: 'shown',
  secretShown: 'shown',
  allowAddresses: 'shown',
  rateLimit: 'shown',
  bodyMaxBytes: 'shown',
  dedupeWindowSeconds: 'shown',
};

/** What the audit log compares of a source. */
export function sourceFacts(stored: StoredSource) {
  return {
    provider: stored.provider,
    name: stored.name,
    status: stored.status,
    options: stored.options,
    acceptUncovered: stored.acceptsUncovered,
    credentials: stored.credentials.map(({ id, name, kind, expiresAt }) => ({ id, name, kind, expiresAt })),
    allowAddresses: stored.allowAddresses,
    rateLimit: stored.ratePerSecond === null ? null : { perSecond: stored.ratePerSecond },
    bodyMaxBytes: stored.bodyMaxBytes,
    dedupeWindowSeconds: stored.dedupeWindowSeconds,
  };
}
