import type { ApiClient } from '../api/api-client.ts';
import { listNamed, type NameOf, namePeople } from '../members/name-people.ts';
import type { PromotionAnswer } from './render-promotion.rules.ts';

/** Names of what promotions are about and of who asked for them, by id; with the id where two share one. */
export async function nameParts(
  api: ApiClient,
  path: string,
  promotions: readonly Pick<PromotionAnswer, 'requestedBy' | 'override'>[],
): Promise<NameOf> {
  if (promotions.length === 0) return (id) => id;
  const people = promotions.flatMap(({ requestedBy, override }) => [requestedBy, override?.by]);
  const nameOf = await namePeople(api, path, people);
  const parts = [await listNamed(api, `${path}/connections`), await listNamed(api, `${path}/reviews`)];
  const names = new Map(
    parts.flatMap((kind) =>
      kind.map(({ id, name }): [string, string] => {
        const isShared = kind.some((other) => other.id !== id && other.name === name);
        return [id, isShared ? `${name} (${id})` : name];
      }),
    ),
  );
  return (id) => names.get(id) ?? nameOf(id);
}
