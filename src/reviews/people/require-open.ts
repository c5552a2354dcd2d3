import { Problem } from '../../problem.ts';
import type { Review } from '../review.ts';

/** @throws Problem conflict when the review is over: what people say of it is not added to any more. */
export function requireOpen({ id, status }: Review): void {
  if (status === 'closed') throw new Problem('conflict', `The review ${id} is closed: begin a new one.`);
}
