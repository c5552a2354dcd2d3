import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart, sinceMs } from '../manifest.rules.ts';

const openMostDays = { critical: 7, high: 30, medium: 90, low: Number.POSITIVE_INFINITY } as const;
const lookedBackDays = 180;

/** Nothing that is known is older than its deadline, or was mended after it, and people know whom to tell. */
export function judgeFixedInTime(facts: ReleaseFacts, nowMs: number): Finding {
  return judgePart(facts, 'advisories', ({ found }, { running }) => {
    const excused = ({ exception }: (typeof found)[number]): boolean =>
      exception !== null && exception.owner !== '' && sinceMs(exception.until, nowMs) < 0;
    const tookDays = ({ foundAt, mendedAt }: (typeof found)[number]): number =>
      (sinceMs(foundAt, nowMs) - (mendedAt === null ? 0 : sinceMs(mendedAt, nowMs))) / dayMs;
    const late = found.filter(
      (each) =>
        tookDays(each) > openMostDays[each.severity] &&
        !excused(each) &&
        (each.mendedAt === null || sinceMs(each.mendedAt, nowMs) < lookedBackDays * dayMs),
    );
    const open = found.filter(({ mendedAt }) => mendedAt === null);
    const values = { known: found.length, open: open.length, late: late.length, policy: running.hasSecurityPolicy };
    if (late.length > 0) {
      const names = late.map((each) => `${each.id} (${each.severity}, ${Math.floor(tookDays(each))} days)`);
      return failed(`Beyond the deadline: ${listed(names)}.`, values, 'npm audit');
    }
    if (!running.hasSecurityPolicy) return failed('It is not published whom to tell of a vulnerability.', values);
    return passed(`${counted(open.length, 'open advisory', 'open advisories')}, none beyond its deadline.`, values);
  });
}
