import { counted, listed } from '../readiness/finding.rules.ts';
import { isBeforeLaunch } from './before-launch.rules.ts';
import type { CheckState } from '../readiness/finding.ts';
import type { ReviewedCheck, Verdict } from './review.ts';

/** A check as far as a verdict looks at it. */
type JudgedCheck = Pick<ReviewedCheck, 'checkId' | 'state' | 'items'> & {
  definition: Pick<ReviewedCheck['definition'], 'severity'>;
};

const words: Readonly<Record<'failed' | 'unknown' | 'stale', string>> = {
  failed: 'failed',
  unknown: 'not decided',
  stale: 'stale',
};

/**
 * Whether a review passed: every check that has to hold before the launch does, is attested, waived or concerns nothing here,
 * and every duty is signed. What is missing is said in words, the gravest first. A review in which nothing holds at all did
 * not pass.
 */
export function verdictOf(facts: {
  checks: readonly JudgedCheck[];
  missingDuties: readonly string[];
  standingWaivers: number;
  waiverCap: number;
}): Verdict {
  const { missingDuties, standingWaivers, waiverCap } = facts;
  const checks = facts.checks.filter(isBeforeLaunch);
  const because: string[] = [];
  const inState = (state: CheckState): JudgedCheck[] => checks.filter((check) => check.state === state);
  for (const state of ['failed', 'stale', 'unknown'] as const) {
    const open = inState(state);
    if (open.length > 0) because.push(sentence(open, words[state]));
  }
  if (inState('passed').length + inState('attested').length === 0) because.push('No check holds yet.');
  if (standingWaivers > waiverCap) {
    because.push(`${counted(standingWaivers, 'waiver')} stand, and ${waiverCap} may: mend what one of them is for.`);
  }
  if (missingDuties.length > 0) because.push(`No signature for ${listed(missingDuties)} stands.`);
  return { passed: because.length === 0, because };
}

function sentence(open: readonly JudgedCheck[], word: string): string {
  const blockers = open.filter(({ definition }) => definition.severity === 'blocker');
  const ids = [...new Set((blockers.length > 0 ? blockers : open).map(({ checkId }) => checkId))];
  const among = blockers.length === 0 ? '' : `, ${counted(blockers.length, 'blocker')} among them`;
  return `${counted(open.length, 'check')} ${open.length === 1 ? 'is' : 'are'} ${word}${among}: ${listed(ids)}.`.replace(
    / (?:is|are) failed/,
    ' failed',
  );
}
