import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';

/** The wait before an automatic retry: from the end of one attempt to the begin of the next of the same delivery. */
type RetryWait = {
  /** Of the attempt that follows; 2 is the first retry. */
  number: number;
  seconds: number;
  /** The receiver asked for another time. */
  hasRetryAfter: boolean;
};

export type RetryWaits = { scheduleSeconds: readonly number[]; waits: readonly RetryWait[] };

const leastWaits = 20;
const toleranceShare = 0.2;
const toleranceSeconds = 5;

/** Every wait is that of the schedule, give or take 20 % and 5 s, unless the receiver asked for another. */
export function judgeRetryWaits({ scheduleSeconds, waits }: RetryWaits): Finding {
  const judged = waits.filter(({ hasRetryAfter, number }) => !hasRetryAfter && number - 2 < scheduleSeconds.length);
  const wrong = judged.filter(({ number, seconds }) => {
    const planned = scheduleSeconds[number - 2] ?? 0;
    return Math.abs(seconds - planned) > planned * toleranceShare + toleranceSeconds;
  });
  const values = { waits: judged.length, waitsOffSchedule: wrong.length, schedule: scheduleSeconds.join(', ') };
  const [first] = wrong;
  if (first !== undefined) {
    const planned = scheduleSeconds[first.number - 2] ?? 0;
    const seen = `${counted(wrong.length, 'wait')} of ${judged.length} off the schedule: ${Math.round(first.seconds)} s where ${planned} s are planned.`;
    return failed(seen, values, 'look at posthorn_queue_overdue_seconds');
  }
  if (judged.length < leastWaits) {
    return unknown(`There were ${counted(judged.length, 'wait')} within 30 days; it takes ${leastWaits}.`, values);
  }
  return passed(`${counted(judged.length, 'wait')}, all as planned.`, values);
}
