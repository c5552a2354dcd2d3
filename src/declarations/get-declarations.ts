import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import { findDeclarations } from './declaration.store.ts';
import { type Declarations, nothingDeclared } from './declaration.ts';

/** What holds; version 0 when nothing was declared yet. @throws Problem not_found */
export async function getDeclarations(
  ctx: Context,
  { teamId, version = null }: { teamId: string; version?: number | null },
): Promise<Declarations> {
  const found = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return findDeclarations(database, teamId, version);
  });
  if (found !== null) return found;
  if (version === null) return nothingDeclared;
  throw new Problem('not_found', `There is no version ${version} of these declarations.`);
}
