import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { EventType } from './event-type.store.ts';
import { findEventType } from './event-type.store.ts';
import { noSuchEventType, operationalTypes } from './judge-event-type.ts';

/** @throws Problem not_found */
export async function getEventType(ctx: Context, input: { teamId: string; name: string }): Promise<EventType> {
  const { teamId } = input;
  const operational = operationalTypes.find(({ name }) => name === input.name);
  const found = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return operational ?? findEventType(database, teamId, input.name);
  });
  if (found === null) throw noSuchEventType(input.name);
  return found;
}
