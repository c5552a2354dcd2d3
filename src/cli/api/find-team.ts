import { CliFailure } from '../failure.ts';
import { type ApiClient, ApiProblem } from './api-client.ts';

/** The team to act for: the given one, else the only one there is. */
export async function findTeam(api: ApiClient, given: string | null): Promise<string> {
  if (given !== null) return encodeURIComponent(given);
  const remedy = 'name one with --team or POSTHORN_TEAM';
  let teams: { id: string; name: string }[];
  try {
    teams = (await api.request<{ data: typeof teams }>('GET', '/v1/teams?limit=5')).data;
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'forbidden') {
      throw new CliFailure('this key may not list teams', remedy);
    }
    throw error;
  }
  const [only, ...others] = teams;
  if (only === undefined) {
    const command = `curl -H "authorization: Bearer $KEY" -H "content-type: application/json" -d '{"name":"Acme"}'`;
    throw new CliFailure('there is no team yet', `make one: ${command} ${api.url}/v1/teams`);
  }
  if (others.length === 0) return only.id;
  throw new CliFailure(`there are several teams (${teams.map(({ id, name }) => `${name}: ${id}`).join(', ')})`, remedy);
}
