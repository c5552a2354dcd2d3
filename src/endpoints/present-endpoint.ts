import type { Sealer } from '../sealing/sealer.ts';
import { publicKeyOf } from '../signing/secret.rules.ts';
import type { SigningScheme } from '../signing/signing-scheme.rules.ts';
import { masked } from './endpoint-headers.rules.ts';
import type { EndpointStatus, StoredEndpoint } from './endpoint.store.ts';
import { openClientTls, openHeaders, openSecret } from './sealed-fields.ts';

/** An endpoint as its team sees it: no secret, header value or private key is in it. */
export type EndpointView = {
  id: string;
  url: string;
  description: string | null;
  eventTypes: string[];
  sources: string[] | null;
  signing: SigningScheme & { publicKeys?: string[] };
  /** Those that sign now, newest first. */
  secrets: { id: string; createdAt: string; expiresAt: string | null }[];
  retry: { scheduleSeconds: number[]; timeoutMs: number };
  rateLimit: { perSecond: number } | null;
  concurrency: number;
  ordering: 'none' | 'key';
  largeBodies: { inlineMaxBytes: number; referenceSeconds: number };
  filter: unknown;
  headers: Record<string, string>;
  clientTls: { certPem: string; keyPem: string; caPem: string | null } | null;
  disableAfterSeconds: number;
  status: EndpointStatus;
  statusReason: string | null;
  health: { failingSince: string | null; lastSuccessAt: string | null; lastFailureAt: string | null };
  createdAt: string;
  updatedAt: string;
};

export function presentEndpoint(sealer: Sealer, teamId: string, stored: StoredEndpoint): EndpointView {
  const headers = openHeaders(sealer, teamId, stored.id, stored.headersSealed);
  const tls = openClientTls(sealer, teamId, stored.id, stored.clientTlsSealed);
  return {
    id: stored.id,
    url: stored.url,
    description: stored.description,
    eventTypes: stored.eventTypes,
    sources: stored.sources,
    signing: presentSigning(sealer, teamId, stored),
    secrets: stored.secrets.map(({ id, createdAt, expiresAt }) => {
      return { id, createdAt: createdAt.toISOString(), expiresAt: timeOrNull(expiresAt) };
    }),
    retry: { scheduleSeconds: stored.scheduleSeconds, timeoutMs: stored.timeoutMs },
    rateLimit: stored.ratePerSecond === null ? null : { perSecond: stored.ratePerSecond },
    concurrency: stored.concurrency,
    ordering: stored.ordering,
    largeBodies: { inlineMaxBytes: stored.inlineMaxBytes, referenceSeconds: stored.referenceSeconds },
    filter: stored.filter,
    headers: Object.fromEntries(headers.flatMap((name, index) => (index % 2 === 0 ? [[name, masked]] : []))),
    clientTls: tls === null ? null : { certPem: tls.certPem, keyPem: masked, caPem: tls.caPem ?? null },
    disableAfterSeconds: stored.disableAfterSeconds,
    status: stored.status,
    statusReason: stored.statusReason,
    health: {
      failingSince: timeOrNull(stored.failingSince),
      lastSuccessAt: timeOrNull(stored.lastSuccessAt),
      lastFailureAt: timeOrNull(stored.lastFailureAt),
    },
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
}

/** Receivers of Ed25519 signatures need the public keys; they are no secret. */
function presentSigning(sealer: Sealer, teamId: string, stored: StoredEndpoint): EndpointView['signing'] {
  if (stored.signing.scheme !== 'standard-webhooks-ed25519') return stored.signing;
  const publicKeys = stored.secrets.flatMap(
    ({ id, sealed }) => publicKeyOf(openSecret(sealer, teamId, id, sealed)) ?? [],
  );
  return { ...stored.signing, publicKeys };
}

function timeOrNull(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
