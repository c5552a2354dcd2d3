import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { auditedTeam, teamFacts } from './audited-fields.rules.ts';
import type { Team } from './team.store.ts';
import { changeTeam, findTeam } from './team.store.ts';
import { lockTeam } from './require-team.ts';

/** Changes what is given. @throws Problem not_found */
export async function updateTeam(
  ctx: Context,
  input: { teamId: string; name?: string | undefined; retentionDays?: number | undefined },
): Promise<Team> {
  const { teamId } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findTeam(client, teamId);
    const team = await changeTeam(client, teamId, input);
    if (before === null || team === null) throw new Problem('not_found', `There is no team ${teamId}.`);
    await recordChange(ctx, client, {
      teamId,
      action: 'team.updated',
      target: { kind: 'team', id: teamId },
      fields: auditedTeam,
      before: teamFacts(before),
      after: teamFacts(team),
    });
    return team;
  });
}
