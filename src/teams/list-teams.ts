import type { Context } from '../context.ts';
import type { Team } from './team.store.ts';
import { listTeamRows } from './team.store.ts';

/** Newest first. */
export function listTeams(ctx: Context, input: { limit: number; after: string | null }): Promise<Team[]> {
  return listTeamRows(ctx.database, input.limit, input.after);
}
