import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import { SealError } from '../sealing/seal-error.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { StoredEndpoint } from './endpoint.store.ts';
import { openClientTls, openHeaders } from './sealed-fields.ts';

/** Values of headers, keys and secrets are none of these: that they changed is recorded, and no more. */
export const auditedEndpoint: AuditedFields = {
  url: 'url',
  description: 'shown',
  eventTypes: 'shown',
  sources: 'shown',
  signing: 'shown',
  secretIds: 'shown',
  secretShown: 'shown',
  overlapSeconds: 'shown',
  retry: 'shown',
  rateLimit: 'shown',
  concurrency: 'shown',
  ordering: 'shown',
  largeBodies: 'shown',
  filter: 'shown',
  headerNames: 'shown',
  clientCertificate: 'digest',
  disableAfterSeconds: 'shown',
  status: 'shown',
  statusReason: 'shown',
};

/** What the audit log compares of an endpoint. Holds secrets, so that a change of one is seen: only for `recordChange`. */
export function endpointFacts(sealer: Sealer, teamId: string, stored: StoredEndpoint) {
  const headers = opened(() => openHeaders(sealer, teamId, stored.id, stored.headersSealed)) ?? [];
  const tls = opened(() => openClientTls(sealer, teamId, stored.id, stored.clientTlsSealed));
  return {
    url: stored.url,
    description: stored.description,
    eventTypes: stored.eventTypes,
    sources: stored.sources,
    signing: stored.signing,
    secretIds: stored.secrets.map(({ id }) => id),
    retry: { scheduleSeconds: stored.scheduleSeconds, timeoutMs: stored.timeoutMs },
    rateLimit: stored.ratePerSecond === null ? null : { perSecond: stored.ratePerSecond },
    concurrency: stored.concurrency,
    ordering: stored.ordering,
    largeBodies: { inlineMaxBytes: stored.inlineMaxBytes, referenceSeconds: stored.referenceSeconds },
    filter: stored.filter,
    headerNames: headers.filter((_, index) => index % 2 === 0).sort(),
    headerValues: headers,
    clientCertificate: tls === null ? null : { certPem: tls.certPem, caPem: tls.caPem ?? null },
    clientKey: tls?.keyPem ?? null,
    disableAfterSeconds: stored.disableAfterSeconds,
    status: stored.status,
    statusReason: stored.statusReason,
  };
}

/** An endpoint whose sealed values do not open any more can still be deleted. */
function opened<Value>(open: () => Value): Value | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
