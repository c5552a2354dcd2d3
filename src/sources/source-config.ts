import type { Coverage, Options, ProviderProfile } from '../providers/provider-profile.ts';

/** A source as the receiving path uses it: validated, credentials opened, profile found. Immutable. */
export type SourceConfig = {
  teamId: string;
  id: string;
  name: string;
  profile: ProviderProfile;
  options: Options;
  /** All that have not been removed; those that have expired are left out when a request is verified. */
  credentials: readonly { name: string; kind: string; value: string; expiresAtMs: number | null }[];
  coverage: Coverage;
  status: 'active' | 'paused';
  /** CIDRs; null takes requests from anywhere. */
  allowAddresses: readonly string[] | null;
  ratePerSecond: number | null;
  bodyMaxBytes: number;
  dedupeWindowSeconds: number;
};
