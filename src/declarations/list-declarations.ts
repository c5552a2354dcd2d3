import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import { listDeclarationRows } from './declaration.store.ts';
import type { Declarations } from './declaration.ts';

/** All versions, newest first. @throws Problem not_found */
export async function listDeclarations(
  ctx: Context,
  input: { teamId: string; limit: number; after: number | null },
): Promise<Declarations[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listDeclarationRows(database, input);
  });
}
