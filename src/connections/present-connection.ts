import type { ApiEnvironment } from '../providers/api-profile.ts';
import { findApiProfile } from '../providers/api-registry.ts';
import type { Options } from '../providers/provider-profile.ts';
import { readOptions } from '../providers/read-options.rules.ts';
import type { ConnectionContext } from './connection-change.ts';
import { isProvidersHost } from './connection-url.rules.ts';
import type { ConnectionStatus, StoredConnection } from './connection.store.ts';
import { type Policy, policyDefaults } from './policy.ts';
import { effectivePolicy } from './policy.rules.ts';

/** A connection as its team sees it: no value of a credential is in it. */
export type ConnectionView = {
  id: string;
  /** What the application calls in place of the provider. */
  url: string;
  provider: string;
  environment: ApiEnvironment;
  name: string;
  status: ConnectionStatus;
  /** Null: it is found with the credentials. */
  baseUrl: string | null;
  /** Calls go to a host that is none of the provider's. */
  selfHosted: boolean;
  options: Options;
  credentials: {
    id: string;
    name: string;
    kind: string;
    createdAt: string;
    expiresAt: string | null;
    expired: boolean;
    lastUsedAt: string | null;
    usesLast24Hours: number;
  }[];
  /** With the defaults. */
  policy: Policy;
  sources: string[];
  archive: boolean;
  createdAt: string;
  updatedAt: string;
};

export function presentConnection(
  ctx: Pick<ConnectionContext, 'clock' | 'publicUrl'>,
  stored: StoredConnection,
): ConnectionView {
  const { id, provider, environment, baseUrl } = stored;
  const profile = findApiProfile(provider);
  const nowMs = ctx.clock.now();
  return {
    id,
    url: `${ctx.publicUrl()}/egress/${id}`,
    provider,
    environment,
    name: stored.name,
    status: stored.status,
    baseUrl: baseUrl ?? profile?.environments[environment].baseUrl ?? null,
    selfHosted: baseUrl !== null && profile !== null && !isProvidersHost(baseUrl, profile, environment),
    options: profile === null ? stored.options : readOptions(profile.options, stored.options, '/options').options,
    credentials: stored.credentials.map(({ createdAt, expiresAt, lastUsedAt, ...credential }) => ({
      ...credential,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt?.toISOString() ?? null,
      expired: expiresAt !== null && expiresAt.getTime() <= nowMs,
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    })),
    policy: effectivePolicy(policyDefaults, stored.policy),
    sources: stored.sourceIds,
    archive: stored.archive,
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
}
