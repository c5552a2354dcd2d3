import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import { listDeclarationRows } from './declaration.store.ts';
import type { Declarations } from './declaration.ts';

/** All versions, newest first. @throws Problem not_found */
export async function listDeclarations(
  ctx: Context,
  input: { teamId: string; limit: number; after: number | null },
): Promise<Declarations[]> {
  await requireTeam(ctx.database, input.teamId);
  return listDeclarationRows(ctx.database, input);
}
