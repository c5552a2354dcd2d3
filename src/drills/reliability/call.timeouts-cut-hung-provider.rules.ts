import type { Finding } from '../../readiness/finding.ts';
import { unknown } from '../../readiness/finding.rules.ts';
import { verdict } from './verdict.rules.ts';

export type HungFacts = {
  /** Of the connection's policy. */
  firstByteMs: number;
  idleMs: number;
  cases: readonly {
    what: 'connecting' | 'first byte' | 'silence';
    limitMs: number;
    tookMs: number;
    status: number;
    /** What the ledger says ended it. */
    error: string | null;
    /** The provider saw its socket closed. */
    closed: boolean;
  }[];
  /** What a page that asks nobody took meanwhile. */
  controlMs: number;
};

const mostFirstByteMs = 30_000;
const mostIdleMs = 60_000;
const toleranceMs = 1_000;

export function judgeHung({ firstByteMs, idleMs, cases, controlMs }: HungFacts): Finding {
  const values = {
    firstByteMs,
    idleMs,
    took: cases.map(({ what, tookMs, limitMs }) => `${what}: ${Math.round(tookMs)} of ${limitMs} ms`).join(', '),
    controlMs: Math.round(controlMs),
  };
  const late = cases.filter(({ tookMs, limitMs }) => tookMs > limitMs + toleranceMs);
  if (late.length > 0 && controlMs > toleranceMs / 2 && late.every((each) => each.tookMs < each.limitMs + 5_000)) {
    return unknown(
      `A page that asks nobody took ${Math.round(controlMs)} ms: the machine is too loaded to tell.`,
      values,
    );
  }
  return verdict(
    [
      [firstByteMs <= mostFirstByteMs, `The connection waits ${firstByteMs} ms for the first byte of an answer.`],
      [idleMs <= mostIdleMs, `The connection bears ${idleMs} ms of silence.`],
      ...cases.flatMap(({ what, tookMs, limitMs, status, error, closed }): [boolean, string][] => [
        [
          tookMs >= limitMs * 0.8 && tookMs <= limitMs + toleranceMs,
          `The call that waits for ${what} ended after ${Math.round(tookMs)} ms, and its limit is ${limitMs} ms.`,
        ],
        // Something of an answer that breaks off was handed on already: there is no status to give any more.
        [
          error === 'timeout' && (what === 'silence' || status === 504),
          `The call that waits for ${what} was answered ${status}, with ${error ?? 'no error'} on record.`,
        ],
        [closed, `The socket of the call that waits for ${what} stayed open.`],
      ]),
    ],
    'Each call ended at its limit, with a timeout on record and its socket closed.',
    values,
  );
}
