import type pg from 'pg';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Review } from './review.ts';
import { findReview } from './review.store.ts';

/**
 * @param lock makes changes to one review take turns until the transaction ends
 * @throws Problem not_found, also when the team does not exist
 */
export async function requireReview(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  reviewId: string,
  lock: 'locked' | 'unlocked' = 'unlocked',
): Promise<Review> {
  await requireTeam(database, teamId);
  const found = isId(idPrefixes.review, reviewId) ? await findReview(database, teamId, reviewId, lock) : null;
  if (found === null) throw new Problem('not_found', `There is no review ${reviewId}.`);
  return found;
}
