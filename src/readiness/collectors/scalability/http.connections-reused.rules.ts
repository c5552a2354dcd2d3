import type { Finding } from '../../finding.ts';
import { counted, failed, passed, percentOf, unknown } from '../../finding.rules.ts';

/** Calls that began within ten seconds of the end of one before them: there was a connection to ride on. */
export type ReusedConnections = { closeCalls: number; reused: number };

const leastCalls = 100;
const leastPercent = 90;

/** Nine of ten calls that could ride an open connection did. */
export function judgeReuse({ closeCalls, reused }: ReusedConnections): Finding {
  const values = { callsThatCould: closeCalls, reusedPercent: percentOf(reused, closeCalls) };
  if (closeCalls < leastCalls) {
    return unknown(
      `${counted(closeCalls, 'call')} of 24 hours could have reused a connection; it takes ${leastCalls}.`,
      values,
    );
  }
  if (values.reusedPercent < leastPercent)
    return failed(`${values.reusedPercent} % of ${closeCalls} calls did.`, values, null);
  return passed(`${values.reusedPercent} % of ${closeCalls} calls rode an open connection.`, values);
}
