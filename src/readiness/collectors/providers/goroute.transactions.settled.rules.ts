import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, percentOf, unknown } from '../../finding.rules.ts';

export type Transactions = {
  concerned: boolean;
  /** Sends that GoRoute took more than a day ago, in 30 days. */
  sends: number;
  /** Transactions that any webhook told of. */
  known: number;
  /** Ended, as a webhook told. */
  toldByWebhook: number;
  /** Delivered, as the archive found when it fetched them. */
  foundByReading: number;
  /** Begun more than a day ago and not ended, oldest first. */
  open: readonly string[];
  failed: number;
  /** Active endpoints take `transaction.failed`. */
  failuresHaveTaker: boolean;
};

const wantedPercent = 99;

/** Whatever was sent more than a day ago ended, nearly all of it told by webhook, and failures reach somebody. */
export function judgeTransactions(facts: Transactions): Finding {
  const { concerned, sends, known, toldByWebhook, foundByReading, open, failuresHaveTaker } = facts;
  if (!concerned) return notApplicable('It is no connection to GoRoute.');
  const ended = toldByWebhook + foundByReading;
  const toldPercent = percentOf(toldByWebhook, ended);
  const missing = Math.max(0, sends - known);
  const values = {
    sendsOverADayAgo: sends,
    transactions: known,
    ended,
    toldByWebhookPercent: toldPercent,
    openOverADay: open.length,
    sendsWithoutAnyNews: missing,
    failed: facts.failed,
  };
  const command = 'posthorn archive request <connection> <transaction>';
  const faults = [
    open.length === 0 ? null : `${listed(open)} did not end within a day`,
    missing === 0 ? null : `of ${counted(missing, 'send')} nothing was heard`,
    ended === 0 || toldPercent >= wantedPercent ? null : `only ${toldPercent} % of the ends were told by webhook`,
    failuresHaveTaker ? null : 'no endpoint takes transaction.failed',
  ].filter((text) => text !== null);
  if (known + sends === 0) return unknown('Nothing was sent within 30 days.', values);
  if (faults.length > 0) return failed(`Not everything sent is settled: ${faults.join('; ')}.`, values, command);
  if (ended === 0) return unknown('Everything that was sent is younger than a day, and nothing has ended yet.', values);
  return passed(
    `${counted(ended, 'transaction')} ended, ${toldPercent} % told by webhook, and none is open over a day.`,
    values,
  );
}
