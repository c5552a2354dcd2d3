import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { auditedTeam, teamFacts } from './audited-fields.rules.ts';
import { findTeam, markTeamDeleted } from './team.store.ts';

/**
 * Deletes a team with its endpoints, connections and api keys. Its waiting deliveries are cancelled by maintenance, and its history
 * ends with its retention.
 * @throws Problem not_found
 */
export async function deleteTeam(ctx: Context, input: { teamId: string }): Promise<void> {
  const { teamId } = input;
  await inTransaction(ctx.database, async (client) => {
    const before = await findTeam(client, teamId);
    if (before === null || !(await markTeamDeleted(client, teamId))) {
      throw new Problem('not_found', `There is no team ${teamId}.`);
    }
    const target = { kind: 'team', id: teamId };
    await recordChange(ctx, client, {
      teamId,
      action: 'team.deleted',
      target,
      fields: auditedTeam,
      before: teamFacts(before),
    });
  });
}
