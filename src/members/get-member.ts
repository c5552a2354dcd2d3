import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Member } from './member.ts';
import { requireMember } from './require-member.ts';

/** Removed members are answered too. @throws Problem not_found */
export async function getMember(ctx: Context, input: { teamId: string; memberId: string }): Promise<Member> {
  const { teamId, memberId } = input;
  return readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return requireMember(database, teamId, memberId);
  });
}
