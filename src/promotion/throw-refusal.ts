import { Problem } from '../problem.ts';
import type { ResumeRefusal } from './may-resume.rules.ts';

/** @throws Problem always: forbidden, review_not_passed, promotion_frozen or conflict, as was decided */
export function throwRefusal({ code, detail }: ResumeRefusal): never {
  if (code === 'forbidden') throw new Problem('forbidden', detail);
  if (code === 'review_not_passed') throw new Problem('review_not_passed', detail);
  if (code === 'promotion_frozen') throw new Problem('promotion_frozen', detail);
  throw new Problem('conflict', detail);
}
