import type { SigningScheme } from '../signing/signing-scheme.rules.ts';

/** An endpoint as the accept path and the engine use it: validated, filter compiled, secrets opened. */
export type EndpointConfig = {
  teamId: string;
  id: string;
  url: string;
  /** `null` means every registered type ("*"). Operational events are only sent where they are named. */
  eventTypes: ReadonlySet<string> | null;
  /** Takes events of these sources alone; null takes them from everywhere. */
  sources: ReadonlySet<string> | null;
  filter: ((payload: unknown) => boolean) | null;
  signing: SigningScheme;
  /** Newest first; all of them sign while a rotation overlaps. */
  secrets: readonly string[];
  /** Static headers, flat: name, value, name, value. */
  headers: readonly string[];
  clientTls: { certPem: string; keyPem: string; caPem?: string } | null;
  retry: { scheduleSeconds: readonly number[]; timeoutMs: number };
  ratePerSecond: number | null;
  concurrency: number;
  ordering: 'none' | 'key';
  /** A body over `inlineMaxBytes` is replaced by a reference, good for `referenceSeconds`. */
  largeBodies: { inlineMaxBytes: number; referenceSeconds: number };
  disableAfterSeconds: number;
  status: 'active' | 'paused' | 'disabled';
};
