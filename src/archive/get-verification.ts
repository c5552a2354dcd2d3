import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Verification } from './verification.ts';
import { findVerification } from './verification.store.ts';

/** The latest run. @throws Problem not_found */
export async function getVerification(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string },
): Promise<Verification> {
  await requireTeam(ctx.database, input.teamId);
  const found = await findVerification(ctx.database, input.teamId);
  if (found === null) throw new Problem('not_found', 'Nobody has asked for a verification yet; POST to begin one.');
  return found;
}
