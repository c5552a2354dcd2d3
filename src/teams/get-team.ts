import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { Problem } from '../problem.ts';
import type { Team } from './team.store.ts';
import { findTeam } from './team.store.ts';

/** @throws Problem not_found */
export async function getTeam(ctx: Context, input: { teamId: string }): Promise<Team> {
  const team = await readAsTeam(ctx.database, input.teamId, (database) => findTeam(database, input.teamId));
  if (team === null) throw new Problem('not_found', `There is no team ${input.teamId}.`);
  return team;
}
