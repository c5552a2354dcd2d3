import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type FastAnswerFacts = {
  /** p99 of the answers while whatever takes the events answered at once: how fast this machine is just now. */
  freeP99Ms: number;
  /** For so long the receiver answered nothing. */
  heldMs: number;
  webhooks: number;
  taken: number;
  p99Ms: number;
  slowestMs: number;
  /** Delivered while the receiver stood still: there must be none, or it did not stand still. */
  deliveredMeanwhile: number;
  deliveredLater: number;
};

const p99MostMs = 1_000;
const mostMs = 10_000;

export function judgeFastAnswers(facts: FastAnswerFacts): Finding {
  const { freeP99Ms, webhooks, taken, p99Ms, slowestMs, deliveredMeanwhile, deliveredLater } = facts;
  const values = { ...facts };
  if (freeP99Ms > p99MostMs / 2) {
    return unknown(
      `Even with nothing in the way p99 of the answers was ${freeP99Ms} ms: the machine is too loaded to tell.`,
      values,
    );
  }
  if (deliveredMeanwhile > 0) return unknown('The receiver did not stand still.', values);
  return verdict(
    [
      [taken === webhooks, `Only ${taken} of ${webhooks} webhooks were answered 2xx.`],
      [p99Ms <= p99MostMs, `p99 of the answers was ${p99Ms} ms, and ${p99MostMs} ms are allowed.`],
      [slowestMs < mostMs, `One answer took ${slowestMs} ms, and less than ${mostMs} ms is allowed.`],
      [deliveredLater === webhooks, `Only ${deliveredLater} of ${webhooks} events were delivered afterwards.`],
    ],
    `While all that takes the events stood still, p99 of ${webhooks} answers was ${p99Ms} ms, and all were delivered later.`,
    values,
  );
}
