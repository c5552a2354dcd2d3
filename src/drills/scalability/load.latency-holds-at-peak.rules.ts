import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { type Demand, verdict } from '../reliability/verdict.rules.ts';
import type { LoadResult } from './load-plan.ts';

const acceptMaxMs = 250;
const [attemptP95MaxMs, attemptP99MaxMs] = [1_000, 5_000];
const slowerMost = 1.2;
const failedMost = 0.01;
/** Differences of so little are noise, whatever their ratio is. */
const noiseMs = 50;
/** As much more than what the machine itself costs may come of the machine. */
const ofTheMachine = 4;

/** What exceeds a limit by no more than a busy machine may explain is unknown, and never passed. */
export function judgeLatency(result: LoadResult): Finding {
  const { slices, ...figures } = result;
  const { acceptP99Ms, attemptP95Ms, attemptP99Ms, ownP95Ms, accepted, failed, sent } = figures;
  const totals = slices.map((slice) => slice.acceptP95Ms + slice.attemptP95Ms);
  const [second = 0, last = 0] = [totals[1], totals.at(-1)];
  const values = { ...figures, secondTenthMs: second, lastTenthMs: last };
  if (accepted === 0) return unknown('Nothing was accepted, so nothing could be timed.', values);
  const demands = (allowanceMs: number): Demand[] => [
    [
      acceptP99Ms <= acceptMaxMs + allowanceMs,
      `Events were accepted within ${acceptP99Ms} ms (p99), and ${acceptMaxMs} ms are allowed.`,
    ],
    [
      attemptP95Ms <= attemptP95MaxMs + allowanceMs,
      `The first attempt came within ${attemptP95Ms} ms of that (p95), and ${attemptP95MaxMs} ms are allowed.`,
    ],
    [
      attemptP99Ms <= attemptP99MaxMs + allowanceMs,
      `The first attempt came within ${attemptP99Ms} ms of that (p99), and ${attemptP99MaxMs} ms are allowed.`,
    ],
    [
      last <= second * slowerMost + noiseMs + allowanceMs,
      `It grew slower: p95 was ${last} ms in the last tenth of the time, and ${second} ms in the second tenth.`,
    ],
    [failed <= sent * failedMost, `${failed} of ${sent} requests failed, and ${failedMost * 100} % may.`],
  ];
  const seen = `Accepted within ${acceptP99Ms} ms (p99), attempted within ${attemptP95Ms} ms of that (p95; p99 ${attemptP99Ms} ms).`;
  const strict = verdict(demands(0), seen, values);
  if (strict.state === 'passed') return strict;
  const lenient = verdict(demands(ofTheMachine * ownP95Ms), seen, values);
  if (lenient.state === 'failed') return lenient;
  const why = `A request that is none of the gateway's took ${ownP95Ms} ms meanwhile: the machine is too loaded to tell.`;
  return unknown(`${strict.seen} ${why}`, values);
}
