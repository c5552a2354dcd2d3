import { missingThresholds } from '../../../promotion/launch-plan.rules.ts';
import type { Finding } from '../../finding.ts';
import { listed } from '../../finding.rules.ts';
import { fault, judgeEach, noReview, planCommand, sound, withPlan } from './each-launch.rules.ts';
import type { TeamLaunches } from './launch-facts.ts';

/** Looks may come late by this much more than the plan says. */
const lateMs = 300_000;

/** All six limits have a number, a duration, who decides and what is done; and what is promoted is looked at in time. */
export function judgeCriteriaArmed({ launches, members }: TeamLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withPlan(launch, (plan) => {
        const missing = missingThresholds(plan);
        if (missing.length > 0) return fault(`there is no number for ${listed(missing)}.`);
        const nobody = plan.thresholds.filter(({ decides }) => !members.includes(decides)).map(({ name }) => name);
        if (nobody.length > 0) return fault(`whoever decides on ${listed(nobody)} is no member any more.`);
        const { watch } = launch;
        if (watch === null) return sound;
        if (watch.lookedAtMs === null && nowMs - watch.startedAtMs > lateMs) return fault('it was never looked at.');
        if (watch.lookFailed === true) return fault('the last look could not measure it.');
        return nowMs - watch.nextAtMs > lateMs ? fault('its next look is overdue.') : sound;
      }),
    {
      holds: 'Six limits are in numbers, and what is promoted is looked at in time.',
      none: noReview,
      command: planCommand,
    },
  );
}
