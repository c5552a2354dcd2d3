import type { ProblemPointer } from '../problem.ts';

/** Clocks of pipelines are not Posthorn's. */
const aheadMs = 60_000;
const behindMs = 24 * 3_600_000;

/** What is wrong with when a deployment is said to have begun, if anything: it is on record on its day, and not before it. */
export function problemOfBegin(startedAtMs: number, nowMs: number): ProblemPointer | null {
  if (startedAtMs > nowMs + aheadMs) return { pointer: '/startedAt', message: 'is a time to come' };
  if (startedAtMs < nowMs - behindMs) return { pointer: '/startedAt', message: 'is more than a day ago' };
  return null;
}
