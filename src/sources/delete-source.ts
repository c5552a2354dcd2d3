import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { lockTeam } from '../teams/require-team.ts';
import { noSuchSource } from './find-or-refuse.ts';
import { markSourceDeleted } from './source.store.ts';

/**
 * The events that came in through it stay and are delivered; its credentials are gone at once.
 * @throws Problem not_found
 */
export async function deleteSource(ctx: Context, input: { teamId: string; sourceId: string }): Promise<void> {
  const { teamId, sourceId } = input;
  if (!isId(idPrefixes.source, sourceId)) throw noSuchSource(sourceId);
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if (!(await markSourceDeleted(client, teamId, sourceId))) throw noSuchSource(sourceId);
  });
}
