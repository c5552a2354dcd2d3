import type { Options } from '../providers/provider-profile.ts';
import type { ApiEnvironment } from '../providers/api-profile.ts';

/**
 * `preparing`: decided, nothing is changed yet. `switched`: the connection leads to production, and is tried.
 * `smoke-passed`: tried, and the review is not told yet. `live`: done. `rolled-back`: the connection leads to where it did.
 * `failed`: nothing was changed, or nothing is left to change.
 */
export const promotionStates = ['preparing', 'switched', 'smoke-passed', 'live', 'rolled-back', 'failed'] as const;
export type PromotionState = (typeof promotionStates)[number];

/** What was done, and what came of it, for people: no secret. */
export type PromotionStep = {
  name: 'decided' | 'switched' | 'read' | 'endpoint' | 'source' | 'archive' | 'live' | 'rolled-back' | 'failed';
  at: string;
  outcome: 'succeeded' | 'failed' | 'skipped';
  seen: string;
};

/** What is tried after switching. What is null is chosen from the review, or left out where it has none. */
export type Smoke = {
  /** A GET below the base URL; null: the profile's own check. */
  path: string | null;
  /** An endpoint of the review's integration, which gets one test event. */
  endpoint: string | null;
};

/** An owner's word against the review or a freeze. `by` is `operator` or the id of a member. */
export type Override = { reason: string; by: string; at: string; freeze: string | null };

/** Who promoted the key at the provider, where that is a step there. */
type Promoter = { userId: string; atMs: number };

export type Promotion = {
  teamId: string;
  id: string;
  reviewId: string;
  connectionId: string;
  state: PromotionState;
  /** Where to. Names of credentials, never their values. */
  target: { baseUrl: string | null; options: Options; credentials: string[] };
  former: { environment: ApiEnvironment; baseUrl: string | null; options: Options };
  smoke: Smoke;
  /** The review, as it stood when it was decided. */
  /** `failed`: checks that were accepted as they were, by check and subject. */
  verdict: { passed: boolean; because: string[]; evidenceHash: string; failed: string[] };
  override: Override | null;
  /** `operator`, or the id of a member or of an api key. */
  requestedBy: string;
  promoter: Promoter | null;
  steps: PromotionStep[];
  /** Why it ended as it did; null unless it was rolled back or failed. */
  because: string | null;
  createdAt: string;
  switchedAt: string | null;
  endedAt: string | null;
};

/** Nothing is promoted from the one time to the other. RFC 3339. */
export type FreezeWindow = { from: string; until: string; reason: string };
