import type { Context } from '../context.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { findEventBody } from './event-query.store.ts';
import { eventNotFound } from './get-event.ts';

/** The bytes that receivers get, with their content type. @throws Problem not_found */
export async function getEventBody(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; eventId: string },
): Promise<{ contentType: string; body: Buffer }> {
  const known = isId(idPrefixes.event, input.eventId);
  const found = known ? await findEventBody(ctx.database, input.teamId, input.eventId) : null;
  if (found === null) throw eventNotFound(input.eventId);
  return found;
}
