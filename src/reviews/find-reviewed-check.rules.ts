import { Problem } from '../problem.ts';
import type { ReviewedCheck } from './review.ts';

/**
 * The check of a review that is meant.
 * @param subjectId of which of its subjects; may be left out where it has one
 * @throws Problem not_found, or invalid_request where the subject has to be named
 */
export function findReviewedCheck(
  checks: readonly ReviewedCheck[],
  checkId: string,
  subjectId: string | undefined,
): ReviewedCheck {
  const ofCheck = checks.filter((each) => each.checkId === checkId);
  const found = subjectId === undefined ? ofCheck : ofCheck.filter(({ subject }) => subject.id === subjectId);
  const [first, second] = found;
  if (second !== undefined) {
    const known = found.map(({ subject }) => subject.id).join(', ');
    throw new Problem('invalid_request', `${checkId} is about ${found.length} subjects: name one of ${known}.`);
  }
  if (first !== undefined) return first;
  const about = ofCheck.length === 0 || subjectId === undefined ? '' : ` for ${subjectId}`;
  throw new Problem('not_found', `The review has no check ${checkId}${about}.`);
}
