import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart, sinceMs } from '../manifest.rules.ts';

/** Whatever is marked as risky hangs on a setting of this process, with an owner and an end, that was tested both ways. */
export function judgeFlags(facts: ReleaseFacts, nowMs: number): Finding {
  return judgePart(facts, 'flags', ({ risky, flags }, { running }) => {
    const known = new Map(flags.map((flag) => [flag.setting, flag]));
    const values = { riskyChanges: risky.length, flags: flags.length };
    const bare = risky.filter(({ setting }) => setting === null || !known.has(setting));
    const foreign = flags.filter(({ setting }) => !running.settings.includes(setting));
    const ownerless = flags.filter(({ owner }) => owner === '');
    const overdue = flags.filter(({ removeBy }) => sinceMs(removeBy, nowMs) >= 0);
    const untested = flags.filter(({ testedOn, testedOff }) => !testedOn || !testedOff);
    const named = (some: typeof flags): string => listed(some.map(({ setting }) => setting));
    if (bare.length > 0) {
      return failed(`Risky, and cannot be switched off: ${listed(bare.map(({ change }) => change))}.`, values);
    }
    if (foreign.length > 0) return failed(`This process knows no ${named(foreign)}.`, values);
    if (ownerless.length > 0) return failed(`Without an owner: ${named(ownerless)}.`, values);
    if (overdue.length > 0) return failed(`To have been removed by now: ${named(overdue)}.`, values);
    if (untested.length > 0) return failed(`Not tested both ways: ${named(untested)}.`, values);
    return passed(`${counted(risky.length, 'risky change')}, each behind a setting.`, values);
  });
}
