import type { Context } from '../context.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import type { Team } from './team.store.ts';
import { insertTeam } from './team.store.ts';

const defaultRetentionDays = 30;

export function createTeam(ctx: Context, input: { name: string; retentionDays?: number | undefined }): Promise<Team> {
  return insertTeam(ctx.database, {
    id: ctx.ids.next(idPrefixes.team),
    name: input.name,
    retentionDays: input.retentionDays ?? defaultRetentionDays,
  });
}
