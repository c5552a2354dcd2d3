import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Verification } from './verification.ts';
import { beginVerification } from './verification.store.ts';

/** Documents that were verified in the last day are passed over, unless all are asked for. */
const recentSeconds = 86_400;

/**
 * Verifies a team's documents in the background. While a run goes on, it is answered instead of another.
 * @throws Problem not_found
 */
export async function startVerification(
  ctx: Pick<Context, 'database'> & { onVerification: () => void },
  input: { teamId: string; all: boolean },
): Promise<Verification> {
  await requireTeam(ctx.database, input.teamId);
  const begun = await beginVerification(ctx.database, input.teamId, input.all ? 0 : recentSeconds);
  ctx.onVerification();
  return begun;
}
