import type { VerifiedCheck } from './verified-check.ts';

export type Verdict = 'OK' | 'FAIL' | 'SKIP';

/** Only what passed or was attested is OK; what is unknown, stale or waived is not, and fails nothing either. */
export function verdictOf({ state }: VerifiedCheck): Verdict {
  if (state === 'passed' || state === 'attested') return 'OK';
  return state === 'failed' ? 'FAIL' : 'SKIP';
}

/**
 * What verification is about: what the gateway decides by itself, and what concerns a subject at all. It runs no drills,
 * so of those it shows the ones that were run.
 */
export function isVerified({ check, runAgain, state, kind, evidenceId }: VerifiedCheck): boolean {
  if (ofDeploymentBefore.has(check)) return false;
  return runAgain !== null && state !== 'not-applicable' && !(kind === 'drill' && evidenceId === null);
}

/** Whether a check stops a deployment: a blocker that failed. */
export function isStop(check: VerifiedCheck): boolean {
  return verdictOf(check) === 'FAIL' && check.severity === 'blocker' && !ofDeploymentBefore.has(check.check);
}

/** Whether a deployment has to stop. */
export function mustStop(checks: readonly VerifiedCheck[]): boolean {
  return checks.some(isStop);
}

/** What judges the deployment before: if it stopped the next one, what was left out once could never be mended. */
const ofDeploymentBefore: ReadonlySet<string> = new Set(['documenso.verify.ran-before-deployment']);

/** Failures first, blockers before others, then by check and subject. */
export function inOrder(checks: readonly VerifiedCheck[]): VerifiedCheck[] {
  const rank = (check: VerifiedCheck): string => {
    const verdict = { FAIL: 0, SKIP: 1, OK: 2 }[verdictOf(check)];
    const severity = { blocker: 0, major: 1, minor: 2, none: 3 }[check.severity ?? 'none'];
    return `${verdict} ${severity} ${check.check} ${check.subject.id}`;
  };
  return checks.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
}
