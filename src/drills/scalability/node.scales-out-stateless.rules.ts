import { listed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** One step of a flow that goes from node to node. */
export type FlowStep = { says: string; holds: boolean };

export type ScaleFacts = {
  steps: readonly FlowStep[];
  /** Accepted by either node, before and after the first was killed. */
  accepted: number;
  acceptedAfterKill: number;
  /** Of them: not on record, more than once, not delivered. */
  missing: number;
  doubled: number;
  undelivered: number;
};

export function judgeScaling(facts: ScaleFacts): Finding {
  const { steps, accepted, acceptedAfterKill, missing, doubled, undelivered } = facts;
  const broken = steps.filter(({ holds }) => !holds).map(({ says }) => says);
  return verdict(
    [
      [broken.length === 0, `It made a difference which node answered: ${listed(broken)}.`],
      [acceptedAfterKill > 0, 'Nothing was accepted after one node was killed.'],
      [missing === 0, `${missing} of ${accepted} accepted events are not on record.`],
      [doubled === 0, `${doubled} are on record more than once.`],
      [undelivered === 0, `${undelivered} were not delivered.`],
    ],
    `${steps.length} steps held whichever of two nodes answered, and killing one lost none of ${accepted} events.`,
    { steps: steps.length, broken: broken.length, accepted, acceptedAfterKill, missing, doubled, undelivered },
  );
}
