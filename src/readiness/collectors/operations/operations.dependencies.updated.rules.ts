import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, passed, unknown } from '../../finding.rules.ts';
import { judgePart, sinceMs } from '../manifest.rules.ts';

/** `postgres`: the version of the server that is used, as it says itself. */
export type UpdatedDependencies = { release: ReleaseFacts; postgres: string };

/** Last days of support, as the projects announced them: nodejs.org, postgresql.org/support/versioning. */
const nodeSupportedTo: Readonly<Record<string, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };
const postgresSupportedTo: Readonly<Record<string, string>> = {
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
};
const releaseMostDays = 90;

const majorOf = (version: string): number => Number(/\d+/.exec(version)?.[0] ?? Number.NaN);

function isSupported(table: Readonly<Record<string, string>>, version: string, nowMs: number): boolean {
  const to = table[majorOf(version)];
  return to !== undefined && nowMs < Date.parse(to) + dayMs;
}

/** Node and PostgreSQL are supported, no direct dependency is more than a major behind, and the release is young. */
export function judgeUpdated({ release, postgres }: UpdatedDependencies, nowMs: number): Finding {
  return judgePart(release, 'dependencies', ({ direct, node }, { manifest, running }) => {
    const ageDays = Math.floor(sinceMs(manifest.madeAt, nowMs) / dayMs);
    const behind = direct.filter(
      ({ version, latest, reasonToStay }) =>
        latest !== null && majorOf(latest) - majorOf(version) > 1 && reasonToStay === null,
    );
    const unasked = direct.filter(({ latest }) => latest === null);
    const values = {
      node: running.node,
      postgres,
      direct: direct.length,
      behind: behind.length,
      releaseAgeDays: ageDays,
    };
    for (const version of [node, running.node]) {
      if (!isSupported(nodeSupportedTo, version, nowMs)) return failed(`Node ${version} is not supported.`, values);
    }
    if (!isSupported(postgresSupportedTo, postgres, nowMs)) {
      return failed(`PostgreSQL ${postgres} is not supported.`, values);
    }
    if (behind.length > 0) {
      const names = behind.map(({ name, version, latest }) => `${name} (${version}, and ${latest ?? ''} is there)`);
      return failed(`More than a major behind: ${listed(names)}.`, values, 'npm outdated');
    }
    if (ageDays >= releaseMostDays) return failed(`This release is ${counted(ageDays, 'day')} old.`, values);
    if (unasked.length > 0) {
      const what = `Of ${counted(unasked.length, 'dependency', 'dependencies')} the pipeline did not ask what is newest.`;
      return unknown(what, values, 'npm run manifest -- --online');
    }
    return passed(`${counted(direct.length, 'direct dependency', 'direct dependencies')}, none far behind.`, values);
  });
}
