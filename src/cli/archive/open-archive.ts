import { environmentWith, readClientSettings } from '../../config.ts';
import { type ApiClient, createApiClient } from '../api/api-client.ts';
import { findKey } from '../api/client-key.ts';
import { findTeam } from '../api/find-team.ts';

/** What every verb under `archive` takes. */
export type CommonFlags = { team?: string; key?: string; url?: string; json?: true };

/** The API, the path of the team's archive, and the key for what is no JSON. `key` is a secret. */
export async function openArchive(flags: CommonFlags): Promise<{ api: ApiClient; path: string; key: string }> {
  const settings = readClientSettings(environmentWith({ POSTHORN_URL: flags.url }));
  const key = await findKey(flags.key, settings);
  const api = createApiClient({ url: settings.url, key });
  return { api, key, path: `/v1/teams/${await findTeam(api, flags.team ?? settings.team)}/archive` };
}
