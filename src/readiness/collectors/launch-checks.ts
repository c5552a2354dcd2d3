import type { Collector } from '../finding.ts';
import {
  criteriaArmed,
  dailyReview,
  dutiesOnTime,
  planComplete,
  planScheduled,
  reviewHeld,
  watchedDaily,
} from './launch/launch.plan.ts';
import {
  complianceMet,
  fiveRoles,
  freshAtStart,
  goNoGo,
  noneCritical,
  performanceMet,
  securityMet,
} from './launch/launch.sums.ts';
import { rampUpGradual, webhooksConfirmed } from './launch/launch.traffic.ts';
import { itemsCarriedOver, keyAccepted, promoterIsAdmin } from './providers/docusign.promotion.ts';

/** What is decided by promotions, launch plans, the watch, and what DocuSign says of its production account. */
export const launchChecks: readonly Collector<unknown>[] = [
  keyAccepted,
  promoterIsAdmin,
  itemsCarriedOver,
  goNoGo,
  planComplete,
  criteriaArmed,
  noneCritical,
  performanceMet,
  securityMet,
  complianceMet,
  freshAtStart,
  fiveRoles,
  webhooksConfirmed,
  planScheduled,
  rampUpGradual,
  dailyReview,
  watchedDaily,
  reviewHeld,
  dutiesOnTime,
];
