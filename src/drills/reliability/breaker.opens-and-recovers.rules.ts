import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { quantile, verdict } from './verdict.rules.ts';

export type ProviderBreakerFacts = {
  /** Of the connection's policy. */
  minimumCalls: number;
  openMs: number;
  /** Calls that failed before one was refused, one after the other; null when none was refused. */
  failedBefore: number | null;
  /** While it was open: how callers were answered, and how long they waited for it. */
  refusals: readonly { status: number; code: string | null; hasRetryAfter: boolean; tookMs: number }[];
  /** Calls meanwhile that Posthorn neither refused nor let out as a probe. */
  others: number;
  /** When requests came to the provider meanwhile, as times since it opened. */
  probesAtMs: readonly number[];
  /** How long something else that needs no provider took in the same time. */
  controlMs: readonly number[];
  /** From the provider's recovery until calls passed again; null when they did not. */
  recoveredAfterMs: number | null;
  recoverWithinMs: number;
  /** Calls after that, and how many the provider answered. */
  after: { calls: number; answered: number };
};

const quickMs = 50;
/** Beyond this, refusals that take longer say nothing of the breaker. */
const loadedMs = 25;

export function judgeProviderBreaker(facts: ProviderBreakerFacts): Finding {
  const { minimumCalls, openMs, failedBefore, refusals, others, probesAtMs, recoveredAfterMs, after } = facts;
  const tookMs = Math.round(
    quantile(
      refusals.map((each) => each.tookMs),
      0.5,
    ),
  );
  const controlMs = Math.round(quantile(facts.controlMs, 0.5));
  const wrong = refusals.filter((each) => each.status !== 503 || each.code !== 'provider_unavailable');
  const gaps = probesAtMs.map((at, index) => at - (probesAtMs[index - 1] ?? 0));
  const shortestGapMs = Math.min(...gaps);
  const values = {
    minimumCalls,
    failedBefore,
    refused: refusals.length,
    medianMs: tookMs,
    controlMs,
    probes: probesAtMs.length,
    recoveredAfterMs,
  };
  if (failedBefore === null) {
    return verdict([[false, 'No call was refused, although the provider answered none.']], '', values);
  }
  if (tookMs > quickMs && controlMs > loadedMs) {
    const seen = `Refusals took ${tookMs} ms, and a page that asks nobody ${controlMs} ms: the machine is too loaded to tell.`;
    return unknown(seen, values);
  }
  return verdict(
    [
      [
        failedBefore === minimumCalls,
        `It opened after ${failedBefore} failed calls, one in three of them a timeout, instead of ${minimumCalls}.`,
      ],
      [
        refusals.length > 0 && wrong.length === 0,
        `${wrong.length} of ${refusals.length} calls were not refused by it.`,
      ],
      [refusals.every(({ hasRetryAfter }) => hasRetryAfter), 'Refusals do not say when to come back.'],
      [tookMs <= quickMs, `Half of the refusals took ${tookMs} ms or more.`],
      [others === 0, `${others} calls went out that were no probes.`],
      [
        gaps.length === 0 || shortestGapMs >= openMs * 0.9,
        `Two requests came ${Math.round(shortestGapMs)} ms apart while it was open, and a probe is due every ${openMs} ms.`,
      ],
      [
        recoveredAfterMs !== null && recoveredAfterMs <= facts.recoverWithinMs,
        `Calls did not pass within ${facts.recoverWithinMs} ms of the recovery.`,
      ],
      [after.answered === after.calls, `${after.answered} of ${after.calls} calls were answered after the recovery.`],
    ],
    `It opened after ${failedBefore} failed calls, refused ${refusals.length} at once, and closed ${Math.round(recoveredAfterMs ?? 0)} ms after the recovery.`,
    values,
  );
}
