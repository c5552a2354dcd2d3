import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type FullFacts = {
  /** More posts than the rate of the key allows. */
  posts: number;
  accepted: number;
  /** Answered 429 or 503 with Retry-After, and anything else that is not 202. */
  pushedBack: number;
  otherwise: number;
  /** Webhooks while the database was away and the spool held little. */
  webhooks: number;
  spooled: number;
  spoolPushedBack: number;
  spoolOtherwise: number;
  /** Accepted for an endpoint that answers nothing. */
  heldBytes: number;
  memoryGrowthBytes: number;
  /** What arrived of everything that was accepted. */
  expected: number;
  arrived: number;
  /** From when there was room again to the first that was taken; null when none was. */
  takesAgainAfterMs: number | null;
};

const growthMaxBytes = 100 * 1024 * 1024;
const againWithinMs = 10_000;

export function judgePushBack(facts: FullFacts): Finding {
  const { posts, accepted, pushedBack, otherwise, webhooks, spooled, spoolPushedBack, spoolOtherwise } = facts;
  const { memoryGrowthBytes, heldBytes, expected, arrived, takesAgainAfterMs } = facts;
  const values = { ...facts };
  const grownMb = Math.round(memoryGrowthBytes / 1024 / 1024);
  const finding = verdict(
    [
      [otherwise === 0, `${otherwise} of ${posts} posts were answered neither 202 nor 429 or 503 with Retry-After.`],
      [
        spoolOtherwise === 0,
        `${spoolOtherwise} of ${webhooks} webhooks were answered neither 2xx nor 503 with Retry-After.`,
      ],
      [spoolPushedBack > 0, `The full spool refused none of ${webhooks} webhooks, and took ${spooled}.`],
      [
        memoryGrowthBytes < growthMaxBytes,
        `Memory grew by ${grownMb} MB over ${Math.round(heldBytes / 1024 / 1024)} MB that waited.`,
      ],
      [arrived === expected, `${arrived} of ${expected} that were accepted arrived.`],
      [
        takesAgainAfterMs !== null && takesAgainAfterMs <= againWithinMs,
        `New events were taken ${takesAgainAfterMs === null ? 'never' : `${takesAgainAfterMs} ms after there was room`}.`,
      ],
    ],
    `What was too much was refused with Retry-After, and all ${expected} that were accepted arrived.`,
    values,
  );
  if (finding.state === 'failed' || pushedBack > 0) return finding;
  return unknown(`${accepted} posts were too few to be too much: the machine is too loaded to tell.`, values);
}
