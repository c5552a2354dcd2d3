import type { Finding } from './finding.ts';

/**
 * What a finding says to one review: its own part where every review of the team was judged by itself, else all of it.
 * Null: the review was not among those that were judged.
 */
export function findingOfReview(finding: Finding, reviewId: string): Omit<Finding, 'reviews'> | null {
  const { reviews } = finding;
  if (reviews === undefined) return finding;
  const own = reviews[reviewId];
  return own === undefined ? null : { ...own, values: [] };
}
