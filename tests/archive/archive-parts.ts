import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { Caller } from '../../src/calling/caller.ts';
import { policyDefaults } from '../../src/connections/policy.ts';
import type { ConnectionConfig } from '../../src/connections/connection-config.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import type { ApiProfile } from '../../src/providers/api-profile.ts';

/** Calls a provider on loopback, with nothing in between. */
export function plainCaller(baseUrl: string): Caller {
  const ids = createIdSource({ now: Date.now });
  return async ({ path, headers, signal }) => {
    const answer = await request(baseUrl + path, {
      ...(headers === undefined ? {} : { headers }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { callId: ids.next('call'), status: answer.statusCode, headers: answer.headers, body: answer.body };
  };
}

export type ConnectionOptions = Partial<Pick<ConnectionConfig, 'archive' | 'options' | 'policy'>> & {
  provider?: string;
  pollingWindowMs?: number;
};

/** A connection as the directory holds it, with as much of its profile as the archive looks at. */
export function connectionOf(
  owner: { teamId: string; id: string; sourceIds: readonly string[] },
  options: ConnectionOptions = {},
): ConnectionConfig {
  const { provider = 'documenso', pollingWindowMs, ...more } = options;
  const polling = pollingWindowMs === undefined ? null : { windowMs: pollingWindowMs, resourceOf: () => null };
  return {
    ...owner,
    name: provider,
    profile: { name: provider, title: provider, polling } as ApiProfile,
    environment: 'sandbox',
    baseUrl: 'http://127.0.0.1',
    options: {},
    status: 'active',
    credentials: [],
    policy: policyDefaults,
    archive: true,
    ...more,
  };
}

export const sha256Of = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
