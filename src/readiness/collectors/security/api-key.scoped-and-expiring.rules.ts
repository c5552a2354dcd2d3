import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed } from '../../finding.rules.ts';

export type ApiKeyFact = {
  name: string;
  permissions: readonly string[];
  createdAtMs: number;
  expiresAtMs: number | null;
};

const longestLifeDays = 365;
const leastLeftDays = 14;

/** Narrow and bounded: no wildcard, an end within a year of its making, and two weeks left to replace it. */
export function judgeApiKeys(keys: readonly ApiKeyFact[], nowMs: number): Finding {
  if (keys.length === 0) return notApplicable('The team has no api key.');
  const wide = keys.filter(({ permissions }) => permissions.includes('*') || permissions.length === 0);
  const endless = keys.filter(({ expiresAtMs }) => expiresAtMs === null);
  const long = keys.filter(
    ({ createdAtMs, expiresAtMs }) => expiresAtMs !== null && expiresAtMs - createdAtMs > longestLifeDays * dayMs,
  );
  const ending = keys.filter(({ expiresAtMs }) => expiresAtMs !== null && expiresAtMs - nowMs < leastLeftDays * dayMs);
  const values = {
    keys: keys.length,
    wildcardKeys: wide.length,
    keysWithoutExpiry: endless.length,
    keysOverLongestLife: long.length,
    keysEndingSoon: ending.length,
  };
  const faults = [
    fault(wide, 'with every permission'),
    fault(endless, 'without an end'),
    fault(long, `for more than ${longestLifeDays} days`),
    fault(ending, `with less than ${leastLeftDays} days left`),
  ].filter((text) => text !== null);
  if (faults.length === 0) return passed(`${counted(keys.length, 'api key')}, each narrow and with an end.`, values);
  const command = 'POST /v1/teams/{team}/api-keys with permissions and expiresAt, then DELETE the wide one';
  return failed(`There are keys ${faults.join('; ')}.`, values, command);
}

function fault(keys: readonly ApiKeyFact[], what: string): string | null {
  return keys.length === 0 ? null : `${what} (${listed(keys.map(({ name }) => name))})`;
}
