import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { auditedTeam, teamFacts } from './audited-fields.rules.ts';
import type { Team } from './team.store.ts';
import { insertTeam } from './team.store.ts';

const defaultRetentionDays = 30;

export function createTeam(ctx: Context, input: { name: string; retentionDays?: number | undefined }): Promise<Team> {
  return inTransaction(ctx.database, async (client) => {
    const team = await insertTeam(client, {
      id: ctx.ids.next(idPrefixes.team),
      name: input.name,
      retentionDays: input.retentionDays ?? defaultRetentionDays,
    });
    const target = { kind: 'team', id: team.id };
    await recordChange(ctx, client, {
      teamId: team.id,
      action: 'team.created',
      target,
      fields: auditedTeam,
      after: teamFacts(team),
    });
    return team;
  });
}
