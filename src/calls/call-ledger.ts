import type { ApiEnvironment } from '../providers/api-profile.ts';

/** A call before it goes out. */
export type CallStart = {
  teamId: string;
  /** `call_…`, made just before. */
  id: string;
  connectionId: string;
  provider: string;
  environment: ApiEnvironment;
  /** Null: the operator, or Posthorn itself (`origin` says which). */
  apiKeyId: string | null;
  origin: 'egress' | 'archive' | 'check';
  method: string;
  operation: string;
  template: string;
  subject: string | null;
  /** The resource of the polling rule; null where none applies. */
  resource: string | null;
  /** The path with its query, secrets masked; at most 2,000 characters. */
  path: string;
  counted: boolean;
};

/** Kinds of error: the closed set. Those before `provider_` ended the call in Posthorn. */
export const callErrors = [
  'paused',
  'polling_refused',
  'budget_exhausted',
  'queue_full',
  'breaker_open',
  'credential',
  'caller_gone',
  'blocked',
  'local',
  'dns',
  'connect',
  'tls',
  'timeout',
  'reset',
  'http',
  'provider_refused',
  'provider_failed',
] as const;
export type CallError = (typeof callErrors)[number];

/** Milliseconds. `queueMs`: waiting for a turn, budget and credentials; the parts up to `firstByteMs` are those of the last try. */
type CallTiming = {
  queueMs: number;
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
  firstByteMs: number | null;
  totalMs: number;
};

/** One try of a call: what a retry followed. */
export type CallTry = { status: number | null; error: CallError | null; atMs: number; durationMs: number };

/** How a call ended. */
export type CallEnd = {
  teamId: string;
  id: string;
  /** The provider's last status; null when none came. */
  status: number | null;
  /** What the caller was answered: differs from `status` where Posthorn answered for the provider. */
  answered: number;
  /** Null: the provider answered below 400, or the cache did. */
  error: CallError | null;
  /** The provider's own error code, where its answer has one. */
  errorCode: string | null;
  tries: readonly CallTry[];
  timing: CallTiming;
  requestBytes: number;
  responseBytes: number;
  cache: 'hit' | 'served' | null;
  polling: 'violation' | 'served' | 'refused' | null;
  /** For a violation: the call that it repeats, and how long ago that was. */
  repeats: { callId: string; agoMs: number; pattern: 'repeat' | 'list-then-get' } | null;
  credentialId: string | null;
  credentialKind: string | null;
  /** Rate headers of the last answer, names in lower case. */
  rateHeaders: Readonly<Record<string, string>>;
  /** Masked and cut; null unless the policy asks for bodies. */
  requestBody: Buffer | null;
  responseBody: Buffer | null;
  endedAtMs: number;
};

/**
 * The call ledger. A call that has begun and never ends (the process was killed) is on record as unknown: so `begin`
 * is awaited before anything goes out.
 */
export type CallLedger = {
  /** Resolves when the call is on record. Rejects when it cannot be: the call must not go out then. */
  begin(start: CallStart): Promise<void>;
  /** Written soon, together with others; repeated until it is. */
  end(end: CallEnd): void;
  readonly pending: number;
  /** Resolves when everything is written, or the patience is over. */
  stop(patienceMs: number): Promise<void>;
};
