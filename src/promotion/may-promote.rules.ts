import type { Actor } from '../context.ts';
import type { FreezeWindow } from './promotion.ts';

/** What a promotion is decided by. */
export type PromotionFacts = {
  verdict: { passed: boolean; because: readonly string[] };
  freeze: FreezeWindow | null;
  override: { reason: string } | null;
  actor: Actor;
};

/** Why nothing may be promoted, and by which code; null when it may. */
export type Refusal = { code: 'review_not_passed' | 'promotion_frozen' | 'forbidden'; detail: string };

const most = 3;

/**
 * A passed review outside of freezes, or an owner's word with a reason. The operator stands for an owner: whoever has
 * that key makes owners.
 */
export function refusePromotion({ verdict, freeze, override, actor }: PromotionFacts): Refusal | null {
  if (override !== null) {
    const isOwner = actor.kind === 'operator' || actor.role === 'owner';
    if (isOwner) return null;
    return {
      code: 'forbidden',
      detail: 'Only an owner decides against a review or a freeze: ask one, with a key of theirs.',
    };
  }
  if (!verdict.passed) {
    const missing = verdict.because.slice(0, most).join(' ');
    const rest = verdict.because.length > most ? ` And ${verdict.because.length - most} more.` : '';
    const detail = `The review is not passed. ${missing}${rest} Mend it, or have an owner decide with \`override\`.`;
    return { code: 'review_not_passed', detail };
  }
  if (freeze === null) return null;
  const detail = `Nothing is promoted until ${freeze.until} (${freeze.reason}): wait, or have an owner decide with \`override\`.`;
  return { code: 'promotion_frozen', detail };
}

/** The window that a time lies in; null for none. */
export function freezeAt(windows: readonly FreezeWindow[], nowMs: number): FreezeWindow | null {
  return windows.find(({ from, until }) => Date.parse(from) <= nowMs && nowMs < Date.parse(until)) ?? null;
}
