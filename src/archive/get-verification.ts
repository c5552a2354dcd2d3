import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Verification } from './verification.ts';
import { findVerification } from './verification.store.ts';

/** The latest run. @throws Problem not_found */
export async function getVerification(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string },
): Promise<Verification> {
  const { teamId } = input;
  const found = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return findVerification(database, teamId);
  });
  if (found === null) throw new Problem('not_found', 'Nobody has asked for a verification yet; POST to begin one.');
  return found;
}
