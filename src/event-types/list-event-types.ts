import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { EventType } from './event-type.store.ts';
import { listEventTypeRows } from './event-type.store.ts';
import { operationalTypes } from './judge-event-type.ts';

/** By name; Posthorn's own are among them. @throws Problem not_found */
export async function listEventTypes(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null },
): Promise<EventType[]> {
  await requireTeam(ctx.database, input.teamId);
  const own = await listEventTypeRows(ctx.database, input.teamId, input.limit, input.after);
  const operational = operationalTypes.filter(({ name }) => input.after === null || name > input.after);
  return [...own, ...operational].toSorted((left, right) => (left.name < right.name ? -1 : 1)).slice(0, input.limit);
}
