import { type ApiClient, ApiProblem } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';

/** The names of the team's sources by their ids; null when this key may not read them. */
export async function sourceNames(api: ApiClient, path: string): Promise<ReadonlyMap<string, string> | null> {
  try {
    const { data } = await api.request<{ data: { id: string; name: string }[] }>('GET', `${path}/sources?limit=500`);
    return new Map(data.map(({ id, name }) => [id, name]));
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'forbidden') return null;
    throw error;
  }
}

/** The id of the source that an id or a name names. @throws CliFailure */
export function sourceIdOf(given: string, names: ReadonlyMap<string, string> | null): string {
  if (names === null) {
    if (given.startsWith('src_')) return given;
    throw new CliFailure('this key may not read the names of sources', 'name the source by its id, or use another key');
  }
  if (names.has(given)) return given;
  const found = [...names].filter(([, name]) => name === given);
  const [only, ...others] = found;
  if (only === undefined) throw new CliFailure(`there is no source ${given}`, 'see: posthorn sources list');
  if (others.length === 0) return only[0];
  throw new CliFailure(
    `several sources are called ${given} (${found.map(([id]) => id).join(', ')})`,
    'name one by its id',
  );
}
