import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart, sinceMs } from '../manifest.rules.ts';

const checkedMostDays = 30;
const serious = ['critical', 'high'];

/** What is installed is what the bill of materials lists, and nothing serious is known of it that nobody excused. */
export function judgeAdvisories(facts: ReleaseFacts, nowMs: number): Finding {
  return judgePart(facts, 'dependencies', ({ materials }, { running }) => {
    const listedVersions = new Map<string, Set<string>>();
    for (const { name, version } of materials) {
      listedVersions.set(name, (listedVersions.get(name) ?? new Set()).add(version));
    }
    const foreign = Object.entries(running.dependencies).filter(
      ([name, version]) => listedVersions.get(name)?.has(version) !== true,
    );
    if (foreign.length > 0) {
      const names = foreign.map(([name, version]) => `${name} ${version}`);
      return failed(`Installed, and not in the bill of materials: ${listed(names)}.`, { materials: materials.length });
    }
    return judgePart(facts, 'advisories', ({ checkedAt, found }) => {
      const ageDays = Math.floor(sinceMs(checkedAt, nowMs) / dayMs);
      const open = found.filter(
        ({ severity, mendedAt, exception }) =>
          serious.includes(severity) &&
          mendedAt === null &&
          (exception === null || exception.owner === '' || sinceMs(exception.until, nowMs) >= 0),
      );
      const values = { materials: materials.length, advisories: found.length, open: open.length, checkedAt };
      if (open.length > 0) {
        const names = open.map(({ id, package: name, severity }) => `${id} (${severity}, ${name})`);
        return failed(`Nobody excused ${listed(names)}.`, values, 'npm audit');
      }
      if (ageDays >= checkedMostDays) return failed(`Advisories were checked ${counted(ageDays, 'day')} ago.`, values);
      return passed(`${counted(materials.length, 'package')}, of which nothing serious is known.`, values);
    });
  });
}
