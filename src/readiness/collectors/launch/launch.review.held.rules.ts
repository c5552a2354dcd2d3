import type { Finding } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { fault, judgeEach, noPromotion, notYet, planCommand, sound, withPlan } from './each-launch.rules.ts';
import type { TeamLaunches } from './launch-facts.ts';

const withinDays = 30;
const lateDays = 14;

/** Within 30 days of promotion a date is fixed; after it there are minutes, and no action of them is long overdue. */
export function judgeReviewHeld({ launches, members }: TeamLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) => {
      const [first] = launch.live;
      if (first === undefined) return notYet;
      return withPlan(launch, ({ retrospective }) => {
        if (retrospective === null) return fault('no date is fixed.');
        const atMs = Date.parse(retrospective.at);
        if (atMs > first.switchedAtMs + withinDays * dayMs)
          return fault(`its date is over ${withinDays} days after the promotion.`);
        if (nowMs < atMs) return sound;
        const { minutes } = retrospective;
        if (minutes === null) return fault('the date is over, and there are no minutes.');
        const late = minutes.actions.find(
          ({ dueAt, doneAt }) => doneAt === null && nowMs - Date.parse(dueAt) > lateDays * dayMs,
        );
        if (late !== undefined) return fault(`"${late.what}" is over ${lateDays} days late.`);
        const orphan = minutes.actions.find(({ owner, doneAt }) => doneAt === null && !members.includes(owner));
        return orphan === undefined ? sound : fault(`whoever was to do "${orphan.what}" is no member any more.`);
      });
    },
    { holds: 'It is fixed or held, and nothing of it is long overdue.', none: noPromotion, command: planCommand },
  );
}
