import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type BulkFacts = {
  calls: number;
  /** Of the connection's policy. */
  concurrencyMost: number;
  /** Most requests that the provider had at once. */
  atOnce: number;
  answered: number;
  /** Calls that were answered 429, by anybody. */
  limited: number;
};

export function judgeBulk(facts: BulkFacts): Finding {
  const { calls, concurrencyMost, atOnce, answered, limited } = facts;
  const reachable = Math.min(calls, concurrencyMost);
  return verdict(
    [
      [atOnce <= concurrencyMost, `The provider had ${atOnce} calls at once, and ${concurrencyMost} are allowed.`],
      [atOnce >= reachable, `The provider never had more than ${atOnce} calls at once of the ${reachable} that fit.`],
      [answered === calls, `${calls - answered} of ${calls} calls were not answered 200.`],
      [limited === 0, `${limited} calls were answered 429.`],
    ],
    `Of ${calls} calls that came together at most ${atOnce} were out at once, and all were answered.`,
    { ...facts },
  );
}
