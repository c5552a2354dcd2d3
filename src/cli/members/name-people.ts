import { type ApiClient, ApiProblem } from '../api/api-client.ts';
import { readMembers } from './find-member.ts';

/** What people read in place of an id. */
export type NameOf = (id: string) => string;

/**
 * Names of who did something, by the ids that answers hold: members by name, with the id where two share one, and API keys
 * of machines. Nothing is asked for unless there is an id to name; a key that may not list them leaves ids.
 */
export async function namePeople(
  api: ApiClient,
  path: string,
  ids: readonly (string | null | undefined)[],
): Promise<NameOf> {
  const has = (prefix: string): boolean => ids.some((id) => id?.startsWith(prefix) === true);
  const names = new Map<string, string>();
  if (has('mem_')) {
    const members = await unlessRefused(readMembers(api, path));
    for (const { id, name, status } of members) {
      const isShared = members.some((other) => other.id !== id && other.name === name);
      names.set(id, `${name}${isShared ? ` (${id})` : ''}${status === 'active' ? '' : ' (removed)'}`);
    }
  }
  if (has('key_')) {
    for (const { id, name } of await listNamed(api, `${path}/api-keys`)) names.set(id, `API key ${name}`);
  }
  return (id) => names.get(id) ?? id;
}

/** The newest 500 of something that has names. None where the key may not list them: names are a courtesy. */
export async function listNamed(api: ApiClient, at: string): Promise<{ id: string; name: string }[]> {
  const page = api.request<{ data: { id: string; name: string }[] }>('GET', `${at}?limit=500`);
  return unlessRefused(page.then(({ data }) => data));
}

async function unlessRefused<Item>(work: Promise<Item[]>): Promise<Item[]> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 403 || error.status === 404)) return [];
    throw error;
  }
}
