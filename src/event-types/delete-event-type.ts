import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { removeEventType } from './event-type.store.ts';
import { noSuchEventType, refuseOperational } from './judge-event-type.ts';

/** From now on events of this type are refused; those accepted before go on. @throws Problem conflict, not_found */
export async function deleteEventType(ctx: Context, input: { teamId: string; name: string }): Promise<void> {
  refuseOperational(input.name);
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, input.teamId);
    if (!(await removeEventType(client, input.teamId, input.name))) throw noSuchEventType(input.name);
  });
}
