import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';

/** A verified request of the provider, as the source keeps it. */
export type ReachedBy = {
  origin: 'outside' | 'inside' | 'loopback';
  host: string;
  byPublicName: boolean;
  atMs: number;
};

type Known = {
  /** The name that providers are given. */
  publicHost: string;
  /** What the source refused meanwhile, by reason. */
  rejected: readonly { reason: string; count: number }[];
  /** Newest first. */
  arrivals: readonly ReachedBy[];
};

export type ReachFacts =
  | { way: 'impossible'; why: string }
  /** Something was made at the provider; `arrivals` are about it. */
  | (Known & { way: 'caused'; atMs: number; withinMs: number })
  /** Nothing can be made, or may be: what came since the source was set up counts. */
  | (Known & { way: 'awaited'; why: string; sinceMs: number; nowMs: number });

const longestAgeMs = 30 * 86_400_000;
const proxies = 'POSTHORN_TRUSTED_PROXIES=<address of the proxy>';

export function judgeReach(facts: ReachFacts): Finding {
  if (facts.way === 'impossible') return unknown(facts.why);
  const { publicHost, arrivals } = facts;
  const counting = arrivals.filter(({ origin, byPublicName }) => origin === 'outside' && byPublicName);
  const values = {
    way: facts.way,
    publicHost,
    arrivals: arrivals.length,
    fromOutside: arrivals.filter(({ origin }) => origin === 'outside').length,
    byPublicName: arrivals.filter(({ byPublicName }) => byPublicName).length,
    rejected: facts.rejected.reduce((sum, { count }) => sum + count, 0),
  };
  if (facts.way === 'awaited') {
    const [newest] = counting.filter(({ atMs }) => atMs >= facts.sinceMs);
    if (newest !== undefined && facts.nowMs - newest.atMs <= longestAgeMs) {
      const ageSeconds = Math.max(0, Math.round((facts.nowMs - newest.atMs) / 1000));
      const seen = `A request of the provider came by ${publicHost} from outside, and verified.`;
      return passed(seen, { ...values, ageSeconds });
    }
    const since = arrivals.filter(({ atMs }) => atMs >= facts.sinceMs);
    if (newest === undefined && since.length > 0) return notThrough({ ...facts, arrivals: since }, values);
    if (newest === undefined && facts.rejected.length > 0) return notThrough({ ...facts, arrivals: [] }, values);
    const age = newest === undefined ? 'since the source was changed last' : 'in 30 days';
    return unknown(
      `${facts.why}, and no request of the provider came in ${age}. Start the provider's own test, or wait for the first true event, and run this again.`,
      values,
    );
  }
  const inTime = counting.filter(({ atMs }) => atMs - facts.atMs <= facts.withinMs);
  const [first] = inTime.toReversed();
  if (first === undefined) return notThrough(facts, values);
  const tookMs = Math.max(0, first.atMs - facts.atMs);
  return passed(`What was made in the sandbox was told by ${publicHost} from outside within ${tookMs} ms.`, {
    ...values,
    tookMs,
  });
}

function notThrough(
  { publicHost, arrivals, rejected, ...facts }: Exclude<ReachFacts, { way: 'impossible' }>,
  values: Parameters<typeof failed>[1],
): Finding {
  const outside = arrivals.filter(({ origin }) => origin === 'outside');
  if (facts.way === 'caused' && outside.some(({ byPublicName }) => byPublicName)) {
    return failed(`The webhook came by ${publicHost} later than ${facts.withinMs} ms after its cause.`, values);
  }
  if (outside.length > 0) {
    const names = listed([...new Set(outside.map(({ host }) => host))]);
    return failed(`Requests came from outside by ${names}, and not by ${publicHost}.`, values);
  }
  if (arrivals.length > 0) {
    const from = arrivals.every(({ origin }) => origin === 'loopback') ? 'over loopback' : 'from inside';
    const seen = `What came seems to have come ${from}, which does not count: declare the proxy in front, if there is one.`;
    return failed(seen, values, proxies);
  }
  const refused = listed(rejected.map(({ reason, count }) => `${reason} (${counted(count, 'time')})`));
  const meanwhile = refused === '' ? '' : ` The source refused ${refused}.`;
  return failed(
    facts.way === 'caused'
      ? `Nothing that was made in the sandbox was told by a webhook within ${facts.withinMs} ms.${meanwhile}`
      : `Every request was refused.${meanwhile}`,
    values,
    'posthorn sources rejections <source>',
  );
}
