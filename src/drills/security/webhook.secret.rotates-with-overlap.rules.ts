import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** One request, by when it came and which secrets fit it. */
type RotationRequest = { atMs: number; fitsOld: boolean; fitsNew: boolean };

export type RotationFacts = {
  requests: readonly RotationRequest[];
  /** When the rotation was asked for, and answered. */
  rotatedFromMs: number;
  rotatedAtMs: number;
  overlapEndsMs: number;
  /** A shared secret that was replaced is never sent again. */
  sendsNewestOnly: boolean;
  deliveries: number;
  succeeded: number;
};

/** Requests this close to a change may have been made on either side of it. */
const marginMs = 1_000;
const leastEach = 3;

export function judgeRotation(facts: RotationFacts): Finding {
  const { requests, rotatedFromMs, rotatedAtMs, overlapEndsMs, sendsNewestOnly, deliveries, succeeded } = facts;
  const before = requests.filter(({ atMs }) => atMs < rotatedFromMs);
  const during = requests.filter(({ atMs }) => atMs > rotatedAtMs + marginMs && atMs < overlapEndsMs - marginMs);
  const after = requests.filter(({ atMs }) => atMs > overlapEndsMs + marginMs);
  const values = {
    deliveries,
    succeeded,
    before: before.length,
    during: during.length,
    after: after.length,
    duringBoth: during.filter(({ fitsOld, fitsNew }) => fitsOld && fitsNew).length,
    afterNewOnly: after.filter(({ fitsOld, fitsNew }) => !fitsOld && fitsNew).length,
  };
  if ([before, during, after].some(({ length }) => length < leastEach)) {
    return unknown(
      'Too few requests came before, during or after the overlap: the machine is too loaded to tell.',
      values,
    );
  }
  const unverified = requests.filter(({ fitsOld, fitsNew }) => !fitsOld && !fitsNew).length;
  const withoutOld = during.filter(({ fitsOld }) => !fitsOld).length;
  const withoutNew = during.filter(({ fitsNew }) => !fitsNew).length;
  const withOldLater = after.filter(({ fitsOld }) => fitsOld).length;
  return verdict(
    [
      [unverified === 0, `${unverified} requests verify with neither secret.`],
      [before.every(({ fitsOld }) => fitsOld), 'Before the rotation the old secret did not fit every request.'],
      [
        sendsNewestOnly || withoutOld === 0,
        `The old secret did not fit ${withoutOld} of ${during.length} requests during the overlap.`,
      ],
      [withoutNew === 0, `The new secret did not fit ${withoutNew} of ${during.length} requests during the overlap.`],
      [withOldLater === 0, `The old secret still fits ${withOldLater} of ${after.length} requests after the overlap.`],
      [after.every(({ fitsNew }) => fitsNew), 'After the overlap the new secret did not fit every request.'],
      [succeeded === deliveries, `${succeeded} of ${deliveries} deliveries succeeded.`],
    ],
    `The secret was rotated under way, and every one of ${requests.length} requests verified as it had to.`,
    values,
  );
}
