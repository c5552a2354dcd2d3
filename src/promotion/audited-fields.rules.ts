import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { Promotion } from './promotion.ts';

export const auditedFreeze: AuditedFields = { windows: 'shown' };
export const auditedPlan: AuditedFields = { version: 'shown', plan: 'digest', criteria: 'shown', thresholds: 'shown' };
export const auditedDay: AuditedFields = { review: 'shown', note: 'digest' };
export const auditedPromotion: AuditedFields = {
  review: 'shown',
  connection: 'shown',
  state: 'shown',
  baseUrl: 'url',
  credentials: 'shown',
  passed: 'shown',
  evidenceHash: 'shown',
  override: 'shown',
  because: 'shown',
};

/** What the audit log says of a promotion: names of credentials, and no value. */
export function promotionFacts(promotion: Promotion) {
  const { reviewId, connectionId, state, target, verdict, override, because } = promotion;
  return {
    review: reviewId,
    connection: connectionId,
    state,
    baseUrl: target.baseUrl,
    credentials: target.credentials,
    passed: verdict.passed,
    evidenceHash: verdict.evidenceHash,
    override,
    because,
  };
}
