import type { ApiEnvironment, CredentialKind } from '../providers/api-profile.ts';
import { findApiProfile } from '../providers/api-registry.ts';
import type { Options } from '../providers/provider-profile.ts';
import { readOptions } from '../providers/read-options.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { policyDefaults } from './policy.ts';
import { effectivePolicy, type PolicySettings } from './policy.rules.ts';
import { openFields } from './sealed-credential.ts';

/** `sealed` is base64. */
export type CredentialRow = {
  id: string;
  name: string;
  kind: CredentialKind;
  sealed: string;
  expiresAtMs: number | null;
};

/** A connection as the database holds it: plain JSON, what is secret in it is sealed. */
export type ConnectionRow = {
  teamId: string;
  id: string;
  provider: string;
  name: string;
  environment: ApiEnvironment;
  baseUrl: string | null;
  options: Options;
  policy: PolicySettings;
  status: 'active' | 'paused';
  sourceIds: string[];
  archive: boolean;
  credentials: CredentialRow[];
};

/**
 * Finds the profile and opens the credentials.
 * @throws when this release does not know the provider, or something sealed does not open: no call could be made. Read
 * each connection on its own, so that one that cannot be read takes no other with it.
 */
export function readConnectionConfig(sealer: Sealer, row: ConnectionRow): ConnectionConfig {
  const { teamId, id, name, environment, status, sourceIds, archive } = row;
  const profile = findApiProfile(row.provider);
  if (profile === null) throw new Error(`connection ${id} is of the provider ${row.provider}, which is not known here`);
  return {
    teamId,
    id,
    name,
    profile,
    environment,
    baseUrl: row.baseUrl ?? profile.environments[environment].baseUrl,
    options: readOptions(profile.options, row.options, '/options').options,
    status,
    credentials: row.credentials.map((credential) => ({
      id: credential.id,
      name: credential.name,
      kind: credential.kind,
      fields: openFields(sealer, teamId, credential.id, Buffer.from(credential.sealed, 'base64')),
      expiresAtMs: credential.expiresAtMs,
    })),
    policy: effectivePolicy(policyDefaults, row.policy),
    sourceIds,
    archive,
  };
}
