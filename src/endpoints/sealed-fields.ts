import type { Sealer } from '../sealing/sealer.ts';
import type { EndpointConfig } from './endpoint-config.ts';

export type ClientTls = NonNullable<EndpointConfig['clientTls']>;

/** What each sealed field of an endpoint is for: a value sealed for one purpose does not open for another. */
const sealPurposes = {
  secret: 'endpoint-secret',
  headers: 'endpoint-headers',
  clientTls: 'endpoint-client-tls',
};

export function sealSecret(sealer: Sealer, teamId: string, secretId: string, secret: string): Buffer {
  return sealer.seal(secret, { teamId, rowId: secretId, purpose: sealPurposes.secret });
}

export function openSecret(sealer: Sealer, teamId: string, secretId: string, sealed: Buffer): string {
  return sealer.open(sealed, { teamId, rowId: secretId, purpose: sealPurposes.secret }).toString('utf8');
}

/** @param headers flat: name, value, name, value. Null when there are none. */
export function sealHeaders(
  sealer: Sealer,
  teamId: string,
  endpointId: string,
  headers: readonly string[],
): Buffer | null {
  if (headers.length === 0) return null;
  return sealer.seal(JSON.stringify(headers), { teamId, rowId: endpointId, purpose: sealPurposes.headers });
}

export function openHeaders(sealer: Sealer, teamId: string, endpointId: string, sealed: Buffer | null): string[] {
  if (sealed === null) return [];
  const opened = sealer.open(sealed, { teamId, rowId: endpointId, purpose: sealPurposes.headers });
  return JSON.parse(opened.toString('utf8')) as string[];
}

export function sealClientTls(
  sealer: Sealer,
  teamId: string,
  endpointId: string,
  tls: ClientTls | null,
): Buffer | null {
  if (tls === null) return null;
  return sealer.seal(JSON.stringify(tls), { teamId, rowId: endpointId, purpose: sealPurposes.clientTls });
}

export function openClientTls(
  sealer: Sealer,
  teamId: string,
  endpointId: string,
  sealed: Buffer | null,
): ClientTls | null {
  if (sealed === null) return null;
  const opened = sealer.open(sealed, { teamId, rowId: endpointId, purpose: sealPurposes.clientTls });
  return JSON.parse(opened.toString('utf8')) as ClientTls;
}
