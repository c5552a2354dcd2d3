import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';

export type LimitedCalls = {
  /** Limits that the profile declares or headers told, and what the connection may use of each. */
  limits: readonly { name: string; tier: number; own: number | null }[];
  calls7Days: number;
  refused429: number;
  /** The least that was left of a limit, by what headers told; null when none did. */
  leastLeftPercent: number | null;
};

const mostShare = 0.8;
const leastLeftPercent = 10;

/** The connection keeps to four fifths of each limit, was never told to slow down, and never came near the end. */
export function judgeLimits({ limits, calls7Days, refused429, leastLeftPercent: left }: LimitedCalls): Finding {
  const values = {
    ...Object.fromEntries(limits.map(({ name, tier, own }) => [`budget ${name}`, `${own ?? tier} of ${tier}`])),
    calls7Days,
    refused429,
    leastLeftPercent: left,
  };
  if (limits.length === 0) {
    return unknown('The provider publishes no limit, and its headers have told of none.', values);
  }
  const wide = limits.filter(({ tier, own }) => (own ?? tier) > tier * mostShare);
  const [first] = wide;
  if (first !== undefined) {
    const limit = JSON.stringify({ name: first.name, limit: Math.floor(first.tier * mostShare) });
    const command = `PATCH /v1/teams/{team}/connections/{connection} {"policy": {"budget": {"limits": [${limit}]}}}`;
    const seen = `More than ${mostShare * 100} % of a limit may be used: ${listed(wide.map(({ name }) => name))}.`;
    return failed(seen, values, command);
  }
  if (refused429 > 0) {
    return failed(
      `The provider answered ${counted(refused429, 'call')} with 429.`,
      values,
      'posthorn calls list --status 429',
    );
  }
  if (left !== null && left < leastLeftPercent) return failed(`Only ${left} % of a limit were left.`, values, null);
  return passed(`${counted(calls7Days, 'call')} within 7 days, far from every limit.`, values);
}
