import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { quantile, verdict } from './verdict.rules.ts';

export type BackoffFacts = {
  /** Of the connection's policy: the bound of the first wait, and of all. */
  baseMs: number;
  mostMs: number;
  /** The bound of the first wait of the twin, which doubles from then on. */
  drilledBaseMs: number;
  /** Tries beyond the first that the twin's policy allows. */
  retriesMost: number;
  /** A call that was answered 429 with Retry-After: how long until it was sent again; null when it was not. */
  askedMs: number;
  waitedAskedMs: number | null;
  /** For each call that failed each time: the waits between its tries. */
  waits: readonly (readonly number[])[];
  /** Tries of those calls, the most of one. */
  triesMost: number;
  /** Tries of posts that were answered 503, the most of one. */
  postTriesMost: number;
  /** What one call takes when it does not fail, in the same crowd. */
  usualMs: number;
};

/** Waits are drawn at random up to a bound that grows: most of them are told apart near the bound. */
const share = 0.9;
const leastGrowth = 1.5;
/** Nine in ten of many waits at random are certainly not below half of their bound. */
const leastShare = 0.5;
/** Below this, retries follow one another without a wait. */
const leastBaseMs = 50;

export function judgeBackoff(facts: BackoffFacts): Finding {
  const {
    baseMs,
    mostMs,
    drilledBaseMs,
    retriesMost,
    askedMs,
    waitedAskedMs,
    waits,
    triesMost,
    postTriesMost,
    usualMs,
  } = facts;
  const bounds = Array.from({ length: retriesMost }, (_, index) =>
    quantile(
      waits.flatMap((each) => each[index] ?? []),
      share,
    ),
  );
  const [first = 0] = bounds;
  const growth = bounds.slice(1).map((bound, index) => bound / Math.max(1, bounds[index] ?? 0));
  const values = {
    baseMs,
    mostMs,
    retriesMost,
    calls: waits.length,
    triesMost,
    postTriesMost,
    waitedAskedMs,
    waitsMs: bounds.map((bound) => Math.round(bound)).join(', '),
    usualMs: Math.round(usualMs),
  };
  const isGrowing = growth.every((each) => each >= leastGrowth);
  // Whatever else goes on makes waits longer, and never shorter.
  const isWaiting = bounds.every((bound, index) => bound >= leastShare * drilledBaseMs * 2 ** index);
  if (isWaiting && !isGrowing && usualMs > first / 2) {
    return unknown(
      `A call that is answered takes ${Math.round(usualMs)} ms: the machine is too loaded to tell.`,
      values,
    );
  }
  return verdict(
    [
      [baseMs >= leastBaseMs, `The connection waits ${baseMs} ms at most before its first retry.`],
      [mostMs >= askedMs, `The connection waits ${mostMs} ms at most, so a Retry-After of ${askedMs} ms ends a call.`],
      [
        waitedAskedMs !== null && waitedAskedMs >= askedMs - 20,
        waitedAskedMs === null
          ? `A call that was asked to come back in ${askedMs} ms was not sent again.`
          : `A call that was asked to come back in ${askedMs} ms came after ${Math.round(waitedAskedMs)} ms.`,
      ],
      [isWaiting && isGrowing, `Waits do not grow by half each time: nine in ten were below ${values.waitsMs} ms.`],
      [triesMost === retriesMost + 1, `A call was sent ${triesMost} times, and ${retriesMost} retries are allowed.`],
      [postTriesMost === 1, `A POST that is not safe to repeat was sent ${postTriesMost} times.`],
    ],
    `A Retry-After was kept to, waits grew (nine in ten below ${values.waitsMs} ms), and calls ended after ${triesMost} tries; a POST was sent once.`,
    values,
  );
}
