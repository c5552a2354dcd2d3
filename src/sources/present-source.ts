import type { Coverage, Options, RejectionReason } from '../providers/provider-profile.ts';
import { rejectionReasons } from '../providers/provider-profile.ts';
import { findProfile } from '../providers/registry.ts';
import { currentOptions } from './read-source-config.ts';
import type { StoredRejection } from './source-activity.store.ts';
import type { SourceContext } from './source-change.ts';
import type { SourceStatus, StoredSource } from './source.store.ts';

/** A source as its team sees it: no value of a credential is in it. */
export type SourceView = {
  id: string;
  url: string;
  provider: string;
  name: string;
  status: SourceStatus;
  options: Options;
  /** Null when this release does not know the provider. */
  coverage: Coverage | null;
  acceptUncovered: boolean;
  credentials: { name: string; kind: string; createdAt: string; expiresAt: string | null; expired: boolean }[];
  allowAddresses: string[] | null;
  rateLimit: { perSecond: number } | null;
  bodyMaxBytes: number;
  dedupeWindowSeconds: number;
  activity: {
    received: number;
    duplicates: number;
    rejected: number;
    lastReceivedAt: string | null;
    lastDuplicateAt: string | null;
    lastRejected: { at: string; reason: string; detail: string } | null;
  };
  createdAt: string;
  updatedAt: string;
};

/** Requests rejected within one minute for one reason. */
export type RejectionView = {
  minute: string;
  reason: string;
  meaning: string;
  count: number;
  lastAt: string;
  lastDetail: string;
  lastAddress: string | null;
  lastSizeBytes: number | null;
};

export function presentSource(ctx: Pick<SourceContext, 'clock' | 'publicUrl'>, stored: StoredSource): SourceView {
  const profile = findProfile(stored.provider);
  const options = profile === null ? stored.options : currentOptions(profile.options, stored.options);
  const kinds = new Set(stored.credentials.map(({ kind }) => kind));
  const nowMs = ctx.clock.now();
  const { activity } = stored;
  return {
    id: stored.id,
    url: `${ctx.publicUrl()}/in/${stored.id}`,
    provider: stored.provider,
    name: stored.name,
    status: stored.status,
    options,
    coverage: profile?.coverageOf(kinds, options) ?? null,
    acceptUncovered: stored.acceptsUncovered,
    credentials: stored.credentials.map(({ name, kind, createdAt, expiresAt }) => ({
      name,
      kind,
      createdAt: createdAt.toISOString(),
      expiresAt: timeOrNull(expiresAt),
      expired: expiresAt !== null && expiresAt.getTime() <= nowMs,
    })),
    allowAddresses: stored.allowAddresses,
    rateLimit: stored.ratePerSecond === null ? null : { perSecond: stored.ratePerSecond },
    bodyMaxBytes: stored.bodyMaxBytes,
    dedupeWindowSeconds: stored.dedupeWindowSeconds,
    activity: {
      received: activity.received,
      duplicates: activity.duplicates,
      rejected: activity.rejected,
      lastReceivedAt: timeOrNull(activity.lastReceivedAt),
      lastDuplicateAt: timeOrNull(activity.lastDuplicateAt),
      lastRejected:
        activity.lastRejectedAt === null
          ? null
          : {
              at: activity.lastRejectedAt.toISOString(),
              reason: activity.lastRejectionReason ?? '',
              detail: activity.lastRejectionDetail ?? '',
            },
    },
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
}

export function presentRejection(stored: StoredRejection): RejectionView {
  const { minute, lastAt, reason, count, lastDetail, lastAddress, lastSizeBytes } = stored;
  const known = Object.hasOwn(rejectionReasons, reason) ? rejectionReasons[reason as RejectionReason] : '';
  return {
    minute: minute.toISOString(),
    reason,
    meaning: known,
    count,
    lastAt: lastAt.toISOString(),
    lastDetail,
    lastAddress,
    lastSizeBytes,
  };
}

function timeOrNull(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
