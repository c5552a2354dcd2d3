import { environmentWith, readClientSettings } from '../../config.ts';
import { type ApiClient, createApiClient } from '../api/api-client.ts';
import { findKey } from '../api/client-key.ts';
import { findTeam } from '../api/find-team.ts';

/** What every verb under `sources` takes. */
export type CommonFlags = { team?: string; key?: string; url?: string; json?: true };

/** The API, and the path of the team to act for. */
export async function openTeam(flags: CommonFlags): Promise<{ api: ApiClient; path: string }> {
  const settings = readClientSettings(environmentWith({ POSTHORN_URL: flags.url }));
  const api = createApiClient({ url: settings.url, key: await findKey(flags.key, settings) });
  return { api, path: `/v1/teams/${await findTeam(api, flags.team ?? settings.team)}` };
}
