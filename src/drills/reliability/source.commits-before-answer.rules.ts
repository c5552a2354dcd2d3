import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type CrashFacts = {
  kills: number;
  sent: number;
  /** Answered 2xx. */
  acknowledged: number;
  /** Of those: no event has a body with their hash. */
  missing: number;
  /** Of those: there is more than one event. */
  doubled: number;
  /** Of those: the event has no delivery to the endpoint. */
  undelivered: number;
};

/** What was acknowledged between two kills on average, or the drill says nothing. */
const leastPerKill = 5;

export function judgeCrashes(facts: CrashFacts): Finding {
  const { kills, acknowledged, missing, doubled, undelivered } = facts;
  const values = { ...facts };
  if (missing + doubled + undelivered === 0 && acknowledged < kills * leastPerKill) {
    return unknown(
      `Only ${acknowledged} webhooks were answered between ${kills} kills: the machine is too loaded to tell.`,
      values,
    );
  }
  return verdict(
    [
      [missing === 0, `${missing} of ${acknowledged} webhooks that were answered 2xx are not on record.`],
      [doubled === 0, `${doubled} are on record more than once.`],
      [undelivered === 0, `${undelivered} have no delivery.`],
    ],
    `All ${acknowledged} webhooks that were answered 2xx are on record with their deliveries, after ${kills} kills.`,
    values,
  );
}
