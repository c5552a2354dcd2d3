import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { EventType } from './event-type.store.ts';
import { findEventType } from './event-type.store.ts';
import { noSuchEventType, operationalTypes } from './judge-event-type.ts';

/** @throws Problem not_found */
export async function getEventType(ctx: Context, input: { teamId: string; name: string }): Promise<EventType> {
  await requireTeam(ctx.database, input.teamId);
  const operational = operationalTypes.find(({ name }) => name === input.name);
  const found = operational ?? (await findEventType(ctx.database, input.teamId, input.name));
  if (found === null) throw noSuchEventType(input.name);
  return found;
}
