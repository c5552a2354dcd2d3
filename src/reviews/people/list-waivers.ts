import type { Context } from '../../context.ts';
import type { WaiverOnRecord } from '../review.ts';
import type { PeoplePorts } from './people-ports.ts';
import { listWaiverRows } from './waiver.store.ts';

/** Those of a review, newest first, those that ended too. @throws Problem not_found */
export async function listWaivers(
  ctx: Pick<Context, 'database'> & PeoplePorts,
  { teamId, reviewId }: { teamId: string; reviewId: string },
): Promise<WaiverOnRecord[]> {
  await ctx.reviews.view(teamId, reviewId);
  return (await listWaiverRows(ctx.database, teamId, reviewId)).toReversed();
}
