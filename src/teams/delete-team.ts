import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { markTeamDeleted } from './team.store.ts';

/**
 * Deletes a team with its endpoints, connections and api keys. Its waiting deliveries are cancelled by maintenance, and its history
 * ends with its retention.
 * @throws Problem not_found
 */
export async function deleteTeam(ctx: Context, input: { teamId: string }): Promise<void> {
  const deleted = await inTransaction(ctx.database, (client) => markTeamDeleted(client, input.teamId));
  if (!deleted) throw new Problem('not_found', `There is no team ${input.teamId}.`);
}
