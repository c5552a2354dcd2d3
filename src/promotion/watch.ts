import type { PhaseName, ThresholdName } from './launch-names.rules.ts';

/** What an integration came to in the last hour; null where nothing happened. */
export type WatchFigures = Readonly<Record<ThresholdName, number | null>>;

/** A value against its limit, as it was looked at. `limit` null: the plan has none. */
export type Measure = {
  name: ThresholdName;
  value: number | null;
  limit: number | null;
  /** Since when it is beyond, RFC 3339; null while it keeps to it. */
  exceededSince: string | null;
  /** Beyond it for as long as the plan says. */
  crossed: boolean;
};

/** Something that was found, who decides about it, and what the plan says to do. */
export type WatchFinding = {
  kind: 'limit' | 'check-failed' | 'evidence-stale' | 'rolled-back' | 'not-looked';
  what: string;
  decides: string | null;
  action: string | null;
};

export type WatchLook = {
  id: string;
  phase: PhaseName;
  at: string;
  /** Checks that were looked at. */
  checks: number;
  /** The review could not be measured. */
  failed: boolean;
  reopened: boolean;
  measures: Measure[];
  findings: WatchFinding[];
};

/** A review that is watched, as a node took it. States by check and subject. */
export type Watch = {
  teamId: string;
  reviewId: string;
  startedAtMs: number;
  /** Since when limits are exceeded, Unix milliseconds, by threshold; `told:` before it once its crossing was told. */
  exceeded: Readonly<Record<string, number>>;
  states: Readonly<Record<string, string>>;
};

/** What a day came to. Null where nothing happened. */
export type DaySummary = {
  calls: number;
  failedCalls: number;
  errorPercent: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  deliveries: number;
  deliverySuccessPercent: number | null;
  deadLetters: number;
  webhooks: number;
  refusedWebhooks: number;
  rejectedDocuments: number;
  slowest: { callId: string; operation: string; durationMs: number }[];
  /** What of the integration was changed on that day. */
  changed: string[];
  /** Limits that were crossed on that day. */
  crossed: string[];
};

/** A day, UTC. People are `operator`, or ids of members or api keys. */
export type WatchDay = {
  day: string;
  summary: DaySummary;
  openedBy: string | null;
  openedAt: string | null;
  closedBy: string | null;
  closedAt: string | null;
  note: string | null;
};
