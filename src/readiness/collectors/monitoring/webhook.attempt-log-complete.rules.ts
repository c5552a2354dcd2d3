import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';

export type AttemptLog = {
  deliveries: number;
  attempts: number;
  /** Deliveries whose count of attempts is not that of the rows. */
  miscounted: number;
  /** Rows without outcome, duration or the headers that were sent. */
  bare: number;
  /** Answered ones without the answer's headers or, where it announced one, its body. */
  withoutAnswer: number;
};

/** Every attempt is on record with what was sent, what came back, and how long it took. */
export function judgeAttemptLog({ deliveries, attempts, miscounted, bare, withoutAnswer }: AttemptLog): Finding {
  const values = {
    deliveries,
    attempts,
    deliveriesMiscounted: miscounted,
    attemptsBare: bare,
    attemptsWithoutAnswer: withoutAnswer,
  };
  if (attempts === 0) return unknown('The endpoint has had no attempt within 7 days.', values);
  if (miscounted > 0) {
    return failed(
      `${counted(miscounted, 'delivery', 'deliveries')} had more or fewer attempts than are on record.`,
      values,
    );
  }
  if (bare > 0) return failed(`${counted(bare, 'attempt')} lack outcome, duration or headers.`, values);
  if (withoutAnswer > 0) return failed(`${counted(withoutAnswer, 'attempt')} lack what the receiver answered.`, values);
  return passed(
    `${counted(attempts, 'attempt')} of ${counted(deliveries, 'delivery', 'deliveries')}, all in full.`,
    values,
  );
}
