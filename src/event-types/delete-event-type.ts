import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedEventType } from './audited-fields.rules.ts';
import { findEventType, removeEventType } from './event-type.store.ts';
import { noSuchEventType, refuseOperational } from './judge-event-type.ts';

/** From now on events of this type are refused; those accepted before go on. @throws Problem conflict, not_found */
export async function deleteEventType(ctx: Context, input: { teamId: string; name: string }): Promise<void> {
  refuseOperational(input.name);
  await inTransaction(ctx.database, async (client) => {
    const { teamId, name } = input;
    await lockTeam(client, teamId);
    const before = await findEventType(client, teamId, name);
    if (before === null || !(await removeEventType(client, teamId, name))) throw noSuchEventType(name);
    const { description, schema, example } = before;
    await recordChange(ctx, client, {
      teamId,
      action: 'event-type.deleted',
      target: { kind: 'event-type', id: name },
      fields: auditedEventType,
      before: { description, schema, example },
    });
  });
}
