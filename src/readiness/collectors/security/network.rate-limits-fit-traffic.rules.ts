import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, percentOf } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

/** Something with a limit, or without one: requests or attempts a second. */
export type Limited = {
  kind: 'api key' | 'source' | 'endpoint';
  id: string;
  name: string;
  perSecond: number | null;
  /** Null: not declared. */
  peakPerSecond: number | null;
};

export type LimitFacts = {
  limited: readonly Limited[];
  /** Genuine requests of sources in 7 days, and those that were answered 429. */
  accepted: number;
  rateLimited: number;
};

const leastTimes = 1.5;
const mostTimes = 10;
const refusedMostPercent = 0.1;

/** Every key, source and endpoint has a limit of 1.5 to 10 times its declared peak, and hardly anything met it. */
export function judgeLimits({ limited, accepted, rateLimited }: LimitFacts): Finding {
  if (limited.length === 0) return notApplicable('There is no active key, source or endpoint.');
  const without = limited.filter(({ perSecond }) => perSecond === null);
  const timesOf = ({ perSecond, peakPerSecond }: Limited): number => (perSecond ?? 0) / (peakPerSecond ?? 1);
  const compared = limited.filter(({ perSecond, peakPerSecond }) => perSecond !== null && peakPerSecond !== null);
  const narrow = compared.filter((each) => timesOf(each) < leastTimes);
  const wide = compared.filter((each) => timesOf(each) > mostTimes);
  const silent = limited.filter(({ peakPerSecond }) => peakPerSecond === null);
  const refusedPercent = percentOf(rateLimited, accepted + rateLimited);
  const values = {
    keysSourcesAndEndpoints: limited.length,
    withoutLimit: without.length,
    tooNarrow: narrow.length,
    tooWide: wide.length,
    withoutDeclaredPeak: silent.length,
    refusedPercent,
  };
  const faults = [
    fault(without, 'without a limit'),
    fault(narrow, `below ${leastTimes} times their peak`),
    fault(wide, `above ${mostTimes} times their peak`),
    refusedPercent < refusedMostPercent ? null : `${counted(rateLimited, 'request')} of providers answered 429`,
  ].filter((text) => text !== null);
  if (faults.length > 0) {
    const command = 'PATCH /v1/teams/{team}/sources/{source} {"rateLimit": {"perSecond": 50}}';
    return failed(`Limits do not fit: ${faults.join('; ')}.`, values, command);
  }
  if (silent.length > 0) return undeclared('traffic', `what the peak of ${namesOf(silent)} is`, values);
  return passed(
    `${counted(limited.length, 'key, source or endpoint', 'keys, sources and endpoints')}, each with a fitting limit.`,
    values,
  );
}

function fault(found: readonly Limited[], what: string): string | null {
  return found.length === 0 ? null : `${namesOf(found)} ${what}`;
}

function namesOf(found: readonly Limited[]): string {
  return listed(found.map(({ kind, name }) => `${kind} ${name}`));
}
