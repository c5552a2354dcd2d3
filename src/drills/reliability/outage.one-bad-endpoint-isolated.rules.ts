import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type IsolationFacts = {
  endpoints: number;
  /** From the post to the arrival at the others: while all answer at once, and while one hangs. */
  freeP99Ms: number;
  heldP99Ms: number;
  /** What the others should have got in all, and got. */
  expected: number;
  arrived: number;
  /** Deliveries of the one that hangs that are on record, of the events that there were. */
  badOnRecord: number;
  events: number;
  memoryGrowthBytes: number;
};

const tooLoadedMs = 4_000;
/** What is more than this on top of one and a half times is no chance any more. */
const slackMs = 500;
const growthMaxBytes = 150 * 1024 * 1024;

export function judgeIsolation(facts: IsolationFacts): Finding {
  const { endpoints, freeP99Ms, heldP99Ms, expected, arrived, badOnRecord, events, memoryGrowthBytes } = facts;
  const values = { ...facts };
  if (freeP99Ms > tooLoadedMs) {
    return unknown(`With no endpoint in the way p99 was ${freeP99Ms} ms: the machine is too loaded to tell.`, values);
  }
  const allowedMs = Math.round(freeP99Ms * 1.5 + slackMs);
  return verdict(
    [
      [
        heldP99Ms <= allowedMs,
        `p99 of the others rose from ${freeP99Ms} to ${heldP99Ms} ms while one hung; ${allowedMs} ms are allowed.`,
      ],
      [arrived === expected, `The others got ${arrived} of ${expected} deliveries.`],
      [badOnRecord === events, `${badOnRecord} of ${events} deliveries of the one that hangs are on record.`],
      [memoryGrowthBytes < growthMaxBytes, `Memory grew by ${Math.round(memoryGrowthBytes / 1024 / 1024)} MB.`],
    ],
    `While one of ${endpoints} endpoints hung, p99 of the others was ${heldP99Ms} ms, after ${freeP99Ms} ms before.`,
    values,
  );
}
