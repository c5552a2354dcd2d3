import type { OptionSpec, Options } from '../providers/provider-profile.ts';
import { readOptions } from '../providers/read-options.rules.ts';
import { findProfile } from '../providers/registry.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { openCredential } from './sealed-credential.ts';
import type { SourceConfig } from './source-config.ts';

/** `sealed` is base64. */
export type CredentialRow = { id: string; name: string; kind: string; sealed: string; expiresAtMs: number | null };

/** A source as the database holds it. Plain JSON: it may be kept in a file, since what is secret in it is sealed. */
export type SourceRow = {
  teamId: string;
  id: string;
  provider: string;
  name: string;
  options: Options;
  status: 'active' | 'paused';
  allowAddresses: string[] | null;
  ratePerSecond: number | null;
  bodyMaxBytes: number;
  dedupeWindowSeconds: number;
  credentials: CredentialRow[];
};

/**
 * Finds the profile and opens the credentials.
 * @throws when this release does not know the provider, or something sealed does not open: without it nothing could be
 * verified. Read each source on its own, so that one that cannot be read takes no other with it.
 */
export function readSourceConfig(sealer: Sealer, row: SourceRow): SourceConfig {
  const { teamId, id, name, status, allowAddresses, ratePerSecond, bodyMaxBytes, dedupeWindowSeconds } = row;
  const profile = findProfile(row.provider);
  if (profile === null) throw new Error(`source ${id} is of the provider ${row.provider}, which is not known here`);
  const options = currentOptions(profile.options, row.options);
  const kinds = new Set(row.credentials.map(({ kind }) => kind));
  return {
    teamId,
    id,
    name,
    profile,
    options,
    credentials: row.credentials.map((credential) => ({
      name: credential.name,
      kind: credential.kind,
      value: openCredential(sealer, teamId, credential.id, Buffer.from(credential.sealed, 'base64')),
      expiresAtMs: credential.expiresAtMs,
    })),
    coverage: profile.coverageOf(kinds, options),
    status,
    allowAddresses,
    ratePerSecond,
    bodyMaxBytes,
    dedupeWindowSeconds,
  };
}

/** Stored options as this release has them: one that is new, or that cannot be used any more, has its default. */
export function currentOptions(specs: Readonly<Record<string, OptionSpec>>, stored: Options): Options {
  return readOptions(specs, stored, '/options').options;
}
