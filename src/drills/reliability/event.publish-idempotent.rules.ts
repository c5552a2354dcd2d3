import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type IdempotencyFacts = {
  /** Requests with one key and one body, at once and on all nodes. */
  posts: number;
  /** Answered 202. */
  accepted: number;
  /** Of those, answered with `duplicate`. */
  duplicates: number;
  /** Different events that they named. */
  named: number;
  /** Events on record. */
  events: number;
  /** What the same key with another body was answered. */
  conflict: { status: number; code: string };
  /** For how long the key is remembered from now on; null when it is not. */
  keptSeconds: number | null;
};

const leastSeconds = 24 * 3600;
/** Between the post and the look. */
const toleranceSeconds = 120;

export function judgeIdempotency(facts: IdempotencyFacts): Finding {
  const { posts, accepted, duplicates, named, events, conflict, keptSeconds } = facts;
  const { status, code } = conflict;
  return verdict(
    [
      [accepted === posts, `${accepted} of ${posts} equal posts were accepted.`],
      [events === 1, `They made ${events} events.`],
      [named === 1, `Their answers name ${named} events.`],
      [duplicates === posts - 1, `${duplicates} answers say duplicate, and ${posts - 1} should.`],
      [
        status === 409 && code === 'idempotency_conflict',
        `Another body under the same key was answered ${status} ${code} instead of 409 idempotency_conflict.`,
      ],
      [
        keptSeconds !== null && keptSeconds >= leastSeconds - toleranceSeconds,
        `The key is remembered for ${keptSeconds ?? 0} s, and 24 hours were promised.`,
      ],
    ],
    `${posts} equal posts on two nodes made one event, and the same key with another body was refused.`,
    { posts, accepted, duplicates, events, conflictStatus: status, keptSeconds },
  );
}
