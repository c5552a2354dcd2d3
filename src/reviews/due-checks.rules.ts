import type { ReviewedCheck } from './review.ts';

/** Measured in one turn at most: the rest has the next one, so that upkeep never is a burst. */
const mostAtOnce = 40;

/**
 * What of a review has to be measured, so that its evidence stays fresh: what is stale, and what ends before `untilMs`; what
 * ends first, first. What nobody ever measured is left to whoever runs the review.
 */
export function dueChecks(checks: readonly ReviewedCheck[], untilMs: number): ReviewedCheck[] {
  const endsAt = ({ evidence, state }: ReviewedCheck): number =>
    state === 'stale' ? 0 : (evidence?.expiresAtMs ?? Number.POSITIVE_INFINITY);
  return checks
    .filter((check) => check.next === 'run' && check.evidence !== null && endsAt(check) <= untilMs)
    .toSorted((one, other) => endsAt(one) - endsAt(other))
    .slice(0, mostAtOnce);
}
