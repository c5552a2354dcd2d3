import { ask } from './operations.ts';
import { filled } from './operations.rules.ts';
import type { DrillReceiver, Gateway, Json, ScratchTeam, Stage } from '../stage.ts';

/** What a team has, by the name of the list that it is in: `endpoints` to the ids of them. */
export type Holdings = ReadonlyMap<string, readonly string[]>;

/** A team that has one of everything, with `mark` wherever somebody can write something. */
export async function makeMarkedTeam(stage: Stage, node: Gateway, mark: string): Promise<ScratchTeam> {
  const { id } = await node.want('POST', '/v1/teams', { body: { name: mark } });
  const at = `/v1/teams/${String(id)}`;
  const post = (path: string, body: Json) => node.want('POST', `${at}/${path}`, { body });
  const { key } = await post('api-keys', { name: mark, permissions: ['*'] });
  const receiver: DrillReceiver = await stage.receiver(() => ({ status: 200, body: mark }));
  await post('event-types', { name: 'drill.marked', description: mark, example: { mark } });
  const endpoint = await post('endpoints', { url: receiver.url, eventTypes: ['drill.marked'], description: mark });
  await post('sources', { provider: 'documenso', name: mark, credentials: [{ value: `${mark}-secret` }] });
  const connection = await post('connections', {
    provider: 'documenso',
    environment: 'sandbox',
    name: mark,
    baseUrl: `${receiver.url}/api/v2`,
    selfHosted: true,
    credentials: [{ fields: { token: `api_${mark}` } }],
  });
  await node.call('GET', `/egress/${String(connection['id'])}/envelope`, { key: String(key) });
  await post('members', { name: mark, email: `${mark}@drill.example`, role: 'owner' });
  await post('events', { type: 'drill.marked', payload: { mark }, orderingKey: mark });
  const delivered = await stage.until(async () => {
    const { data } = await node.want('GET', `${at}/deliveries?state=succeeded`);
    return (data as unknown[]).length > 0 ? true : null;
  }, 20_000);
  if (delivered === null) throw new Error('the marked event was not delivered in 20 s');
  await post('replays', { filter: { endpoint: String(endpoint['id']) }, dryRun: true });
  return { id: String(id), key: String(key) };
}

/** What the team has, from every list that names nothing but the team. */
export async function holdingsOf(node: Gateway, team: ScratchTeam, lists: readonly string[]): Promise<Holdings> {
  const found = new Map<string, string[]>();
  for (const path of lists) {
    const names = (await listed(node, team, path)).flatMap((item) => {
      return typeof item['id'] === 'string' ? [item['id']] : textAt(item, 'name');
    });
    if (names.length > 0) found.set(lastPart(path), names);
  }
  return found;
}

/** How each thing stands, without what changes by being looked at. */
export async function statesOf(
  node: Gateway,
  team: ScratchTeam,
  lists: readonly string[],
): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (const path of lists) {
    const items = await listed(node, team, path);
    for (const { id, name, status, state, url, updatedAt, description, revokedAt, role } of items) {
      const called = `${lastPart(path)} ${String(id ?? name)}`;
      states.set(called, JSON.stringify([name, status, state, url, updatedAt, description, revokedAt, role]));
    }
  }
  return states;
}

/** The items of a list; none where it is a stream, or answers otherwise. */
async function listed(node: Gateway, team: ScratchTeam, path: string): Promise<Record<string, unknown>[]> {
  const request = { method: 'GET', path: path.replace('{team}', team.id), key: team.key };
  const { status, text } = await ask(node.url, request, AbortSignal.timeout(60_000));
  if (status !== 200 || !text.startsWith('{"')) return [];
  const { data } = JSON.parse(text) as { data?: Record<string, unknown>[] };
  return Array.isArray(data) ? data : [];
}

/** A path below a team with the first thing of its kind in it; null when there is none, or the path names no thing. */
export function pathToHeld(path: string, teamId: string, holdings: Holdings): string | null {
  const parts = filled(path, teamId, '{x}').split('/');
  const at = parts.indexOf('{x}');
  const [id] = holdings.get(parts[at - 1] ?? '') ?? [];
  if (at === -1 || id === undefined) return null;
  return parts.map((part, index) => (index === at ? encodeURIComponent(id) : part === '{x}' ? 'x' : part)).join('/');
}

export function lastPart(path: string): string {
  return path.split('/').at(-1) ?? path;
}

function textAt(item: Readonly<Record<string, unknown>>, name: string): string[] {
  return typeof item[name] === 'string' ? [item[name]] : [];
}
