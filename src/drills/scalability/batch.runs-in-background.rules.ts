import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type BackgroundFacts = {
  events: number;
  /** From the request to its answer. */
  batchMs: number;
  replayMs: number;
  /** p95 of other requests: while nothing was under way, and while the replay was. */
  freeP95Ms: number;
  busyP95Ms: number;
  /** Answers that said how far the replay was before it was finished. */
  progressSeen: number;
  /** How far it was when the process was killed. */
  resentAtKill: number;
  finished: boolean;
  matched: number;
  resent: number;
  /** Events of the batch that were delivered at all, and again by the replay. */
  delivered: number;
  redelivered: number;
};

const answerMaxMs = 2_000;
const tooLoadedMs = 500;
/** A batch does its own work before it is answered: on a slow machine it may take as long as so many reads. */
const batchReads = 20;

export function judgeBackground(facts: BackgroundFacts): Finding {
  const { events, batchMs, replayMs, freeP95Ms, busyP95Ms, progressSeen, resentAtKill } = facts;
  const { finished, matched, resent, delivered, redelivered } = facts;
  const values = { ...facts };
  if (freeP95Ms > tooLoadedMs) {
    return unknown(
      `With nothing under way p95 of other requests was ${freeP95Ms} ms: the machine is too loaded to tell.`,
      values,
    );
  }
  const allowedMs = Math.round(freeP95Ms * 2 + 250);
  const finding = verdict(
    [
      [batchMs <= Math.max(answerMaxMs, freeP95Ms * batchReads), `The batch was answered after ${batchMs} ms.`],
      [replayMs <= answerMaxMs, `The replay was answered after ${replayMs} ms.`],
      [busyP95Ms <= allowedMs, `p95 of other requests rose from ${freeP95Ms} to ${busyP95Ms} ms meanwhile.`],
      [delivered === events, `${delivered} of ${events} events of the batch were delivered.`],
      [finished, 'The replay did not finish.'],
      [matched === events && resent === events, `The replay counts ${matched} and sent ${resent} of ${events} again.`],
      [redelivered === events, `${redelivered} of ${events} events came again.`],
    ],
    `A batch and a replay of ${events} were answered at once, and a kill in the middle lost nothing and doubled no count.`,
    values,
  );
  if (finding.state === 'failed') return finding;
  if (progressSeen === 0 || resentAtKill >= events) {
    return unknown('The replay was over before it could be watched or killed.', values);
  }
  return finding;
}
