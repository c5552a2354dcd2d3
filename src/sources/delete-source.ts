import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { findSourceOrRefuse, noSuchSource } from './find-or-refuse.ts';
import { auditedSource, sourceFacts } from './source-facts.ts';
import { markSourceDeleted } from './source.store.ts';

/**
 * The events that came in through it stay and are delivered; its credentials are gone at once.
 * @throws Problem not_found
 */
export async function deleteSource(ctx: Context, input: { teamId: string; sourceId: string }): Promise<void> {
  const { teamId, sourceId } = input;
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findSourceOrRefuse(client, teamId, sourceId);
    if (!(await markSourceDeleted(client, teamId, sourceId))) throw noSuchSource(sourceId);
    await recordChange(ctx, client, {
      teamId,
      action: 'source.deleted',
      target: { kind: 'source', id: sourceId },
      fields: auditedSource,
      before: sourceFacts(before),
    });
  });
}
