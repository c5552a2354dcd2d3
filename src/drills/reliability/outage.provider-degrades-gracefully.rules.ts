import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { quantile, verdict } from './verdict.rules.ts';

export type DegradedFacts = {
  /** Statuses of /readyz during the outage. */
  readyz: readonly number[];
  /** How long other requests took before, during and after the outage. */
  otherMs: { before: readonly number[]; during: readonly number[]; after: readonly number[] };
  /** Other requests that were not answered below 400 meanwhile. */
  otherFailed: number;
  /** Reads of what the cache may answer; null where nothing of this provider ever is. */
  cached: readonly { status: number; saysAge: boolean }[] | null;
  /** Calls that write, in their order, as they were answered. */
  writes: readonly { status: number; code: string | null; hasRetryAfter: boolean; tookMs: number }[];
  /** How often a call may go out to see whether the provider is back. */
  probesMost: number;
  /** Writes after the recovery, and how many were answered. */
  after: { writes: number; answered: number };
};

const mostGrowth = 1.2;
/** So much more is what the machine does, and not the outage. */
const noiseMs = 25;
const surelyMs = 150;
const quickMs = 1_000;

export function judgeDegraded(facts: DegradedFacts): Finding {
  const { readyz, otherMs, otherFailed, cached, writes, probesMost, after } = facts;
  const p95 = (values: readonly number[]): number => quantile(values, 0.95);
  const usualMs = Math.max(p95(otherMs.before), p95(otherMs.after));
  const duringMs = p95(otherMs.during);
  const from = writes.findIndex(({ code }) => code === 'provider_unavailable');
  const refused = from < 0 ? [] : writes.slice(from).filter(({ code }) => code === 'provider_unavailable');
  const out = from < 0 ? writes.length : writes.length - from - refused.length;
  const tookMs = quantile(
    refused.map((each) => each.tookMs),
    0.95,
  );
  const values = {
    readyz: readyz.length,
    p95Ms: Math.round(duringMs),
    usualP95Ms: Math.round(usualMs),
    writes: writes.length,
    refused: refused.length,
    refusedP95Ms: Math.round(tookMs),
    cached: cached?.length ?? null,
  };
  const isNoisy = duringMs > usualMs * mostGrowth + noiseMs;
  const isSlower = isNoisy && duringMs > usualMs * 2 + surelyMs;
  const notReady = readyz.filter((status) => status !== 200).length;
  const stale = (cached ?? []).filter(({ status, saysAge }) => status !== 200 || !saysAge).length;
  const finding = verdict(
    [
      [readyz.length > 0 && notReady === 0, `/readyz was not 200 ${notReady} times of ${readyz.length}.`],
      [!isSlower, `The p95 of other requests rose from ${values.usualP95Ms} to ${values.p95Ms} ms.`],
      [otherFailed === 0, `${otherFailed} other requests failed.`],
      [stale === 0, `${stale} reads that the cache may answer were not, or do not say their age.`],
      [refused.length > 0, 'No call that writes was answered 503.'],
      [
        refused.every(({ status, hasRetryAfter }) => status === 503 && hasRetryAfter),
        'Refusals do not say when to come back.',
      ],
      [tookMs <= quickMs, `Refusals took ${values.refusedP95Ms} ms.`],
      [out <= probesMost, `${out} calls were not refused while the provider was gone.`],
      [
        after.writes > 0 && after.answered === after.writes,
        `${after.answered} of ${after.writes} calls were answered after it was back.`,
      ],
    ],
    'Without the provider the gateway stayed ready and as fast, the cache answered, and writes were refused at once.',
    values,
  );
  if (finding.state === 'passed' && isNoisy) {
    return unknown(
      `Other requests took ${values.p95Ms} ms instead of ${values.usualP95Ms}: the machine is too loaded to tell.`,
      values,
    );
  }
  return finding;
}
