import type { Finding } from '../../finding.ts';
import { counted, failed, passed, percentOf, unknown } from '../../finding.rules.ts';

export type AnswerTimes = { attempts: number; p99Ms: number | null; timeouts: number };

const leastAttempts = 20;
const mostP99Ms = 10_000;

/** 99 of 100 attempts are answered within 10 s, and hardly any runs into the limit. */
export function judgeAnswerTimes({ attempts, p99Ms, timeouts }: AnswerTimes): Finding {
  const values = { attempts7Days: attempts, p99Ms: p99Ms === null ? null : Math.round(p99Ms), timeouts };
  if (attempts < leastAttempts || p99Ms === null) {
    return unknown(`${counted(attempts, 'attempt')} within 7 days; it takes ${leastAttempts}.`, values);
  }
  if (percentOf(timeouts, attempts) >= 1) {
    return failed(`${counted(timeouts, 'attempt')} of ${attempts} ran into the time limit.`, values, null);
  }
  if (p99Ms > mostP99Ms) return failed(`One attempt in a hundred takes over ${Math.round(p99Ms)} ms.`, values, null);
  return passed(`99 of 100 of ${counted(attempts, 'attempt')} are answered within ${Math.round(p99Ms)} ms.`, values);
}
