import type { Finding } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { fault, judgeEach, noPromotion, notYet, planCommand, sound, withPlan } from './each-launch.rules.ts';
import type { TeamLaunches } from './launch-facts.ts';

export type DutyFacts = TeamLaunches & {
  /** When a check last held, or was attested, by id; Unix milliseconds. */
  doneAtMs: Readonly<Record<string, number>>;
};

const disasterDays = 92;

/** Every duty of the plan has a next date that its interval allows, an owner, and was done as often as it says. */
export function judgeDuties({ launches, members, doneAtMs }: DutyFacts, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) => {
      const [first] = launch.live;
      if (first === undefined) return notYet;
      return withPlan(launch, ({ duties }) => {
        if (duties.length === 0) return fault('no duty recurs.');
        for (const { name, check, everyDays, owner, nextAt } of duties) {
          const lastMs = Math.max(doneAtMs[check] ?? 0, first.switchedAtMs);
          const most = /disaster/.test(check) ? Math.min(everyDays, disasterDays) : everyDays;
          if (!members.includes(owner)) return fault(`whoever sees to "${name}" is no member any more.`);
          if (nowMs - lastMs > everyDays * dayMs) return fault(`"${name}" is late.`);
          if (Date.parse(nextAt) - lastMs > most * dayMs)
            return fault(`the next "${name}" is over ${most} days after the last.`);
          if (Date.parse(nextAt) < nowMs) return fault(`the date of the next "${name}" is over.`);
        }
        return sound;
      });
    },
    { holds: 'Every duty has an owner and a date in time, and none is late.', none: noPromotion, command: planCommand },
  );
}
