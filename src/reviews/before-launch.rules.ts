import { firstPhase } from '../readiness/phases.rules.ts';
import type { ReviewedCheck } from './review.ts';

/** Checks that sum up the review itself: what they say follows from all others and from who signed. */
const summing: ReadonlySet<string> = new Set([
  'launch.criteria.go-no-go',
  'launch.evidence.fresh-at-start',
  'launch.issues.none-critical',
  'launch.requirements.compliance-met',
  'launch.requirements.performance-met',
  'launch.requirements.security-met',
  'launch.signoff.five-roles',
]);

/**
 * Whether a check has to hold before the launch. What all its items demand of the day of launch or later is no matter of the
 * verdict: it is watched afterwards.
 */
export function isBeforeLaunch({ items }: Pick<ReviewedCheck, 'items'>): boolean {
  return firstPhase(items) === 'prepare';
}

/** Whether a check is part of what is signed: else signing would change what was signed, and so would the launch. */
export function isSigned(check: Pick<ReviewedCheck, 'checkId' | 'items'>): boolean {
  return isBeforeLaunch(check) && !summing.has(check.checkId);
}
