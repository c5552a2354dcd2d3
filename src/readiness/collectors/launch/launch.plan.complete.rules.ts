import type { LaunchPlan } from '../../../promotion/launch-plan.ts';
import type { Finding } from '../../finding.ts';
import { fault, judgeEach, noReview, type OfOne, planCommand, sound, withPlan } from './each-launch.rules.ts';
import type { TeamLaunches } from './launch-facts.ts';

/** A freeze of the team, Unix milliseconds. */
export type Freeze = { fromMs: number; untilMs: number };
export type PlanFacts = TeamLaunches & { freezes: readonly Freeze[] };

/** A window that a freeze surrounds or follows, steps before, during and after it with owners, gone through on staging. */
export function judgePlanComplete({ launches, members, freezes }: PlanFacts): Finding {
  return judgeEach(launches, (launch) => withPlan(launch, (plan) => judgePlan(plan, members, freezes)), {
    holds: 'Every step has an owner, a time and where to stop, and was gone through.',
    none: noReview,
    command: planCommand,
  });
}

function judgePlan(plan: LaunchPlan, members: readonly string[], freezes: readonly Freeze[]): OfOne {
  const missing = (['before', 'during', 'after'] as const).find(
    (when) => !plan.steps.some((step) => step.when === when),
  );
  if (missing !== undefined) return fault(`it has no step ${missing} the window.`);
  const orphan = plan.steps.find(({ owner }) => !members.includes(owner));
  if (orphan !== undefined) return fault(`whoever owns the step "${orphan.title}" is no member any more.`);
  if (plan.walkedThrough === null) return fault('it was not gone through on staging.');
  const [fromMs, untilMs] = [Date.parse(plan.window.from), Date.parse(plan.window.until)];
  const isFrozen = freezes.some((freeze) => freeze.untilMs > fromMs && freeze.fromMs <= untilMs);
  return isFrozen ? sound : fault('no freeze keeps other changes out around the window.');
}
