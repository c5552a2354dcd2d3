import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';
import type { LoadResult } from './load-plan.ts';

export type CarriedFacts = Omit<LoadResult, 'slices'> & {
  pending: number;
  /** Until nothing was to be waiting any more. */
  drainMs: number;
};

export const noPeak = 'No peak is declared: posthorn declarations set, part traffic.';

const failedMost = 0.001;
/** Later than this by itself, the process that makes the load tells nothing of the gateway. */
const tooLoadedMs = 2_000;

/** Times are of the run's pace. */
export function judgeCarried(facts: CarriedFacts): Finding {
  const { sent, failed, expected, missing, pending, drainMs, drainedAfterMs, ownP95Ms } = facts;
  const finding = verdict(
    [
      [sent > 0 && expected > 0, 'Nothing was accepted.'],
      [failed <= sent * failedMost, `${failed} of ${sent} requests failed, and ${failedMost * 100} % may.`],
      [missing === 0, `${missing} of ${expected} were not delivered ${Math.round(drainMs / 1000)} s after the end.`],
      [
        pending === 0 || missing > 0,
        `${pending} deliveries were still waiting ${Math.round(drainMs / 1000)} s after the end.`,
      ],
    ],
    `${sent} requests, of which ${failed} failed: all ${expected} were delivered, the last ${drainedAfterMs} ms after the end.`,
    { ...facts },
  );
  if (finding.state === 'passed' || ownP95Ms <= tooLoadedMs) return finding;
  return unknown(`A request that is none of the gateway's took ${ownP95Ms} ms: the machine is too loaded to tell.`, {
    ...facts,
  });
}
