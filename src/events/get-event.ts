import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { findEvent, type StoredEvent } from './event-query.store.ts';

/** @throws Problem not_found */
export async function getEvent(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; eventId: string },
): Promise<StoredEvent> {
  const known = isId(idPrefixes.event, input.eventId);
  const event = known
    ? await readAsTeam(ctx.database, input.teamId, (database) => findEvent(database, input.teamId, input.eventId))
    : null;
  if (event === null) throw eventNotFound(input.eventId);
  return event;
}

/** The problem of an id that names no event of the team, or one past retention. */
export function eventNotFound(eventId: string): Problem {
  return new Problem('not_found', `There is no event ${eventId.slice(0, 60)}, or it is past the team's retention.`);
}
