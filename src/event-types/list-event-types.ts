import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { EventType } from './event-type.store.ts';
import { listEventTypeRows } from './event-type.store.ts';
import { operationalTypes } from './judge-event-type.ts';

/** By name; Posthorn's own are among them. @throws Problem not_found */
export async function listEventTypes(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null },
): Promise<EventType[]> {
  const { teamId, limit, after } = input;
  const own = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return listEventTypeRows(database, teamId, limit, after);
  });
  const operational = operationalTypes.filter(({ name }) => after === null || name > after);
  return [...own, ...operational].toSorted((left, right) => (left.name < right.name ? -1 : 1)).slice(0, limit);
}
