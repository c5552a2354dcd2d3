import { missingPhases } from '../../../promotion/launch-plan.rules.ts';
import type { Finding } from '../../finding.ts';
import { listed } from '../../finding.rules.ts';
import { fault, judgeEach, noReview, planCommand, sound, withPlan } from './each-launch.rules.ts';
import type { TeamLaunches } from './launch-facts.ts';

const lateMs = 300_000;

/** Each of the four phases has somebody and a deputy, both members; of what is promoted, the next look is to come. */
export function judgePlanScheduled({ launches, members }: TeamLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withPlan(launch, (plan) => {
        const missing = missingPhases(plan);
        if (missing.length > 0) return fault(`nobody watches in ${listed(missing)}.`);
        const gone = plan.phases.find(({ reviewer, deputy }) => [reviewer, deputy].some((id) => !members.includes(id)));
        if (gone !== undefined) return fault(`somebody who watches in ${gone.name} is no member any more.`);
        if (launch.live.length === 0) return sound;
        if (launch.watch === null) return fault('it is promoted, and nothing watches it.');
        return nowMs - launch.watch.nextAtMs > lateMs ? fault('a look was missed.') : sound;
      }),
    {
      holds: 'All four phases have a reviewer and a deputy, and no look was missed.',
      none: noReview,
      command: planCommand,
    },
  );
}
