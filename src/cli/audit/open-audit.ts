import { environmentWith, readClientSettings } from '../../config.ts';
import { type ApiClient, createApiClient } from '../api/api-client.ts';
import { findKey } from '../api/client-key.ts';
import { findTeam } from '../api/find-team.ts';

export type CommonFlags = { key?: string; url?: string; json?: true };
export type ScopeFlags = CommonFlags & { team?: string; all?: true };

/** The API, and the key for what is no JSON, which is a secret. */
export async function openApi(flags: CommonFlags): Promise<{ api: ApiClient; key: string; team: string | null }> {
  const settings = readClientSettings(environmentWith({ POSTHORN_URL: flags.url }));
  const key = await findKey(flags.key, settings);
  return { api: createApiClient({ url: settings.url, key }), key, team: settings.team };
}

/** The same with the path of the log that is asked for: a team's, or everything. */
export async function openAudit(flags: ScopeFlags): Promise<{ api: ApiClient; key: string; path: string }> {
  const { api, key, team } = await openApi(flags);
  if (flags.all === true) return { api, key, path: '/v1/audit' };
  return { api, key, path: `/v1/teams/${await findTeam(api, flags.team ?? team)}/audit` };
}
