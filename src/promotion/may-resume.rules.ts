import type { Actor } from '../context.ts';
import { refusePromotion, type Refusal } from './may-promote.rules.ts';

/** What taking a reopened launch up again is decided by. `crossed`: limits that are crossed now. */
export type ResumeFacts = {
  status: string;
  isLive: boolean;
  crossed: readonly string[];
  verdict: { passed: boolean; because: readonly string[] };
  override: { reason: string } | null;
  actor: Actor;
};

/** Why a launch may not be taken up again, and by which code; null when it may. */
export type ResumeRefusal = { code: Refusal['code'] | 'conflict'; detail: string };

/**
 * As a promotion: by a review that is passed, signatures included, or by an owner's word. A limit that is still crossed is
 * nobody's to overrule: it would reopen the review at the next look.
 */
export function refuseResuming({
  status,
  isLive,
  crossed,
  verdict,
  override,
  actor,
}: ResumeFacts): ResumeRefusal | null {
  if (status !== 'reopened') {
    return { code: 'conflict', detail: `The review is ${status}: only one that was reopened is taken up again.` };
  }
  if (!isLive) {
    return { code: 'conflict', detail: 'What was promoted under it was rolled back: promote again in place of this.' };
  }
  const refusal = refusePromotion({ verdict, freeze: null, override, actor });
  if (refusal !== null) return refusal;
  if (crossed.length === 0) return null;
  const detail = `Beyond its limit in the last hour: ${crossed.join(', ')}. Wait until it is not, or set another limit in the launch plan.`;
  return { code: 'conflict', detail };
}
