import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Member } from './member.ts';
import { requireMember } from './require-member.ts';

/** Removed members are answered too. @throws Problem not_found */
export async function getMember(ctx: Context, input: { teamId: string; memberId: string }): Promise<Member> {
  await requireTeam(ctx.database, input.teamId);
  return requireMember(ctx.database, input.teamId, input.memberId);
}
