import type { Context } from '../../context.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import type { WaiverOnRecord } from '../review.ts';
import type { PeoplePorts } from './people-ports.ts';
import { listWaiverRows } from './waiver.store.ts';

/** Those of a review, newest first, those that ended too. @throws Problem not_found */
export async function listWaivers(
  ctx: Pick<Context, 'database'> & PeoplePorts,
  { teamId, reviewId }: { teamId: string; reviewId: string },
): Promise<WaiverOnRecord[]> {
  await ctx.reviews.view(teamId, reviewId);
  const rows = await readAsTeam(ctx.database, teamId, (database) => listWaiverRows(database, teamId, reviewId));
  return rows.toReversed();
}
