import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedEventType } from './audited-fields.rules.ts';
import type { EventType } from './event-type.store.ts';
import { findEventType, replaceEventType } from './event-type.store.ts';
import { judgeSettings, noSuchEventType, refuseOperational } from './judge-event-type.ts';

export type ChangedEventType = {
  teamId: string;
  name: string;
  /** What is not given stays; null clears. */
  description?: string | null | undefined;
  schema?: unknown;
  example?: unknown;
};

/** @throws Problem invalid_schema, payload_schema_mismatch, conflict, not_found */
export async function updateEventType(ctx: Context, input: ChangedEventType): Promise<EventType> {
  const { teamId, name } = input;
  refuseOperational(name);
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findEventType(client, teamId, name);
    if (before === null) throw noSuchEventType(name);
    const after = {
      description: input.description === undefined ? before.description : input.description,
      schema: input.schema === undefined ? before.schema : input.schema,
      example: input.example === undefined ? before.example : input.example,
    };
    judgeSettings(after);
    const replaced = await replaceEventType(client, teamId, name, after);
    const { description, schema, example } = before;
    await recordChange(ctx, client, {
      teamId,
      action: 'event-type.updated',
      target: { kind: 'event-type', id: name },
      fields: auditedEventType,
      before: { description, schema, example },
      after,
    });
    return replaced;
  });
}
