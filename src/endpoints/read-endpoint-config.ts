import { compileFilter } from '../filtering/filter.rules.ts';
import { idFromUuid } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { SigningScheme } from '../signing/signing-scheme.rules.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import { openClientTls, openHeaders, openSecret } from './sealed-fields.ts';

/** An endpoint as the database holds it; sealed fields are base64. */
export type EndpointRow = {
  id: string;
  url: string;
  eventTypes: string[];
  sources: string[] | null;
  signing: SigningScheme;
  scheduleSeconds: number[];
  timeoutMs: number;
  ratePerSecond: number | null;
  concurrency: number;
  ordering: 'none' | 'key';
  inlineMaxBytes: number;
  referenceSeconds: number;
  filter: unknown;
  headersSealed: string | null;
  clientTlsSealed: string | null;
  disableAfterSeconds: number;
  status: 'active' | 'paused' | 'disabled';
};

export type SecretRow = { endpointId: string; id: string; sealed: string; expiresAtMs: number | null };

/**
 * Opens what is sealed and compiles the filter.
 * @param secrets the endpoint's own, newest first.
 * @throws when something sealed does not open: without it nothing could be sent as promised.
 */
export function readEndpointConfig(
  sealer: Sealer,
  teamId: string,
  row: EndpointRow,
  secrets: readonly SecretRow[],
): EndpointConfig {
  const id = idFromUuid('ep', row.id);
  const filter = row.filter === null ? null : compileFilter(row.filter);
  if (filter !== null && !filter.ok) throw new Error(`the stored filter of ${id} is not valid`);
  return {
    teamId,
    id,
    url: row.url,
    eventTypes: row.eventTypes.length === 1 && row.eventTypes[0] === '*' ? null : new Set(row.eventTypes),
    sources: row.sources === null ? null : new Set(row.sources.map((uuid) => idFromUuid('src', uuid))),
    filter: filter === null ? null : (payload) => filter.matches(payload),
    signing: row.signing,
    secrets: secrets.map((one) => openSecret(sealer, teamId, idFromUuid('sec', one.id), bytes(one.sealed))),
    headers: openHeaders(sealer, teamId, id, bytesOrNull(row.headersSealed)),
    clientTls: openClientTls(sealer, teamId, id, bytesOrNull(row.clientTlsSealed)),
    retry: { scheduleSeconds: row.scheduleSeconds, timeoutMs: row.timeoutMs },
    ratePerSecond: row.ratePerSecond,
    concurrency: row.concurrency,
    ordering: row.ordering,
    largeBodies: { inlineMaxBytes: row.inlineMaxBytes, referenceSeconds: row.referenceSeconds },
    disableAfterSeconds: row.disableAfterSeconds,
    status: row.status,
  };
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

function bytesOrNull(base64: string | null): Buffer | null {
  return base64 === null ? null : bytes(base64);
}
