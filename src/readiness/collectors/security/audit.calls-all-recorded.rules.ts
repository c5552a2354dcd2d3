import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';

export type RecordedCalls = {
  /** Hours of the last 24 that are over, with successes counted as they were made and as they are on record. */
  hours: readonly { hour: string; counted: number; recorded: number }[];
  calls: number;
  /** Without method, path, duration, and a status or an error, though they ended. */
  incomplete: number;
  /** Begun more than an hour ago and still without an end. */
  endless: number;
};

/**
 * The ledger against the count of uses of credentials, which is kept apart from it. What a process did not write of
 * that count before it was killed is missing there, so the ledger may have more, and never less.
 */
export function judgeRecordedCalls({ hours, calls, incomplete, endless }: RecordedCalls): Finding {
  const short = hours.filter((each) => each.recorded < each.counted);
  const missing = short.reduce((sum, each) => sum + each.counted - each.recorded, 0);
  const values = {
    calls24Hours: calls,
    countedSuccesses: hours.reduce((sum, each) => sum + each.counted, 0),
    missingCalls: missing,
    incompleteCalls: incomplete,
    endlessCalls: endless,
  };
  if (missing > 0) {
    const [first] = short;
    const seen = `${counted(missing, 'call')} that succeeded are not in the ledger, the first of ${first?.hour ?? ''}.`;
    return failed(seen, values, 'posthorn calls list --since 24h');
  }
  if (incomplete > 0) return failed(`${counted(incomplete, 'call')} on record are not complete.`, values, null);
  if (endless > 0) return failed(`${counted(endless, 'call')} began over an hour ago and never ended.`, values, null);
  if (calls === 0) return unknown('No call went through this connection within 24 hours.', values);
  return passed(`${counted(calls, 'call')}, all on record and complete.`, values);
}
