import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedEventType } from './audited-fields.rules.ts';
import type { EventType } from './event-type.store.ts';
import { countEventTypes, insertEventType } from './event-type.store.ts';
import { judgeSettings, refuseOperational } from './judge-event-type.ts';

const mostEventTypes = 1_000;

export type NewEventType = {
  teamId: string;
  name: string;
  description?: string | null | undefined;
  schema?: unknown;
  example?: unknown;
};

/** @throws Problem invalid_schema, payload_schema_mismatch, conflict, limit_reached, not_found */
export async function createEventType(ctx: Context, input: NewEventType): Promise<EventType> {
  refuseOperational(input.name);
  const settings = {
    description: input.description ?? null,
    schema: input.schema ?? null,
    example: input.example ?? null,
  };
  judgeSettings(settings);
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, input.teamId);
    if ((await countEventTypes(client, input.teamId)) >= mostEventTypes) {
      throw new Problem('limit_reached', `A team has at most ${mostEventTypes} event types.`);
    }
    const created = await insertEventType(client, input.teamId, input.name, settings);
    if (created === null)
      throw new Problem('conflict', `The event type ${input.name} exists already; PATCH changes it.`);
    await recordChange(ctx, client, {
      teamId: input.teamId,
      action: 'event-type.created',
      target: { kind: 'event-type', id: input.name },
      fields: auditedEventType,
      after: settings,
    });
    return created;
  });
}
