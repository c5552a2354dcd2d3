import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type BreakerFacts = {
  /** Requests that failed before it opened; null when it did not open. */
  failedBefore: number | null;
  /** How many may be under way at once: so many more may fail. */
  concurrency: number;
  /** posthorn.endpoint.breaker_opened, as they were sent. */
  told: number;
  /** Events that came while it was open. */
  waiting: number;
  /** Attempts that were used of their deliveries before it closed. */
  attemptsWhileOpen: number;
  /** Requests that came while it was open, before the probe. */
  requestsWhileOpen: number;
  /** From the last failure to the probe; null when none came. */
  probeAfterMs: number | null;
  /** Other requests that came before the probe was answered. */
  besideProbe: number;
  events: number;
  delivered: number;
  /** Deliveries that have more attempts on record than requests were seen. */
  unseenAttempts: number;
  /** Most requests within one second after it closed, and how many the endpoint allows. */
  mostPerSecond: number;
  ratePerSecond: number | null;
};

/** docs/endpoints.md: at least 10 attempts within 30 s, 80 % of them failed; a probe after 15 s. */
const leastFailures = 10;
const probeMs = 15_000;
const lateMs = 15_000;

export function judgeBreaker(facts: BreakerFacts): Finding {
  const { failedBefore, concurrency, told, waiting, attemptsWhileOpen, requestsWhileOpen, probeAfterMs } = facts;
  const { besideProbe, events, delivered, unseenAttempts, mostPerSecond, ratePerSecond } = facts;
  const values = { ...facts };
  if (failedBefore !== null && probeAfterMs !== null && probeAfterMs > probeMs + lateMs) {
    return unknown(
      `The probe came ${probeAfterMs} ms after the last failure: the machine is too loaded to tell.`,
      values,
    );
  }
  if (failedBefore === null) {
    return verdict([[false, 'The breaker did not open, although every attempt failed.']], '', values);
  }
  return verdict(
    [
      [
        failedBefore >= leastFailures && failedBefore <= leastFailures + concurrency,
        `It opened after ${failedBefore} failures instead of ${leastFailures}.`,
      ],
      [told === 1, `posthorn.endpoint.breaker_opened was sent ${told} times.`],
      [requestsWhileOpen === 0, `${requestsWhileOpen} requests came while it was open.`],
      [attemptsWhileOpen === 0, `${attemptsWhileOpen} attempts of ${waiting} deliveries that waited were used up.`],
      [probeAfterMs !== null && probeAfterMs >= probeMs - 1_000, `The probe came after ${probeAfterMs ?? 'no'} ms.`],
      [besideProbe === 0, `${besideProbe} requests came while the probe was under way.`],
      [delivered === events, `${delivered} of ${events} events were delivered in the end.`],
      [unseenAttempts === 0, `${unseenAttempts} deliveries have attempts on record that were never made.`],
      [
        ratePerSecond === null || mostPerSecond <= Math.ceil(ratePerSecond * 1.2) + 1,
        `${mostPerSecond} requests came within a second, and the endpoint takes ${ratePerSecond}.`,
      ],
    ],
    `The breaker opened after ${failedBefore} failures, spared the endpoint, and all ${events} events arrived after a single probe.`,
    values,
  );
}
