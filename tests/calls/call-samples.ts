import type { CallEnd, CallStart } from '../../src/calls/call-ledger.ts';
import { createIdSource, type IdSource } from '../../src/ids/id-source.ts';
import type { IdPrefix } from '../../src/ids/id.rules.ts';

/** Ids of a moment, which rise. */
const sources = new Map<number, IdSource>();
const now = createIdSource({ now: () => Date.now() });

export function idAt(prefix: IdPrefix, atMs?: number): string {
  if (atMs === undefined) return now.next(prefix);
  const source = sources.get(atMs) ?? createIdSource({ now: () => atMs });
  sources.set(atMs, source);
  return source.next(prefix);
}

/** A call of DocuSign's API, as the calling path begins it. */
export function startOf(more: Partial<CallStart> & { atMs?: number } = {}): CallStart {
  const { atMs, ...start } = more;
  return {
    teamId: idAt('team'),
    id: idAt('call', atMs),
    connectionId: idAt('con'),
    provider: 'docusign',
    environment: 'sandbox',
    apiKeyId: null,
    origin: 'egress',
    method: 'GET',
    operation: 'envelopes.get',
    template: '/restapi/v2.1/accounts/{accountId}/envelopes/{envelopeId}',
    subject: null,
    resource: null,
    path: '/restapi/v2.1/accounts/1/envelopes/2',
    counted: true,
    ...start,
  };
}

/** How a call ended: well, at its first try, unless told otherwise. */
export function endOf(start: CallStart, more: Partial<CallEnd> = {}): CallEnd {
  return {
    teamId: start.teamId,
    id: start.id,
    status: 200,
    answered: 200,
    error: null,
    errorCode: null,
    tries: [{ status: 200, error: null, atMs: 1_700_000_000_000, durationMs: 40 }],
    timing: { queueMs: 0.5, dnsMs: 1, connectMs: 2, tlsMs: 3, firstByteMs: 30, totalMs: 40 },
    requestBytes: 0,
    responseBytes: 120,
    cache: null,
    polling: null,
    repeats: null,
    credentialId: null,
    credentialKind: 'bearer',
    rateHeaders: {},
    requestBody: null,
    responseBody: null,
    endedAtMs: 1_700_000_000_040,
    ...more,
  };
}
