import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Team } from './team.store.ts';
import { changeTeam } from './team.store.ts';

/** Changes what is given. @throws Problem not_found */
export async function updateTeam(
  ctx: Context,
  input: { teamId: string; name?: string | undefined; retentionDays?: number | undefined },
): Promise<Team> {
  const team = await changeTeam(ctx.database, input.teamId, input);
  if (team === null) throw new Problem('not_found', `There is no team ${input.teamId}.`);
  return team;
}
