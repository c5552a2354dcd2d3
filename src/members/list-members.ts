import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import { listMemberRows } from './member.store.ts';
import type { Member } from './member.ts';

/** Newest first; those that were removed too, unless a status is wanted. @throws Problem not_found */
export async function listMembers(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null; status: Member['status'] | null },
): Promise<Member[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listMemberRows(database, input);
  });
}
