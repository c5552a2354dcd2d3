import type { VerificationFailure } from './check-signature.rules.ts';

export type OutcomeKind =
  /** `onEvent` did its work. */
  | 'handled'
  /** Mode `before`: answered, and `onEvent` works on. `handled` or `failed` follows. */
  | 'accepted'
  /** It was handled before. */
  | 'duplicate'
  /** It is being handled, or as many as may be are. */
  | 'busy'
  /** Not verified: `reason` says why. */
  | 'refused'
  | 'too_large'
  | 'too_slow'
  /** The sender hung up before the body was whole. */
  | 'cut_off'
  | 'wrong_method'
  /** `onEvent`, the store or the search for the secret failed, or the handler is mounted wrongly: see `error`. */
  | 'failed';

/** How a request ended, for logs and metrics. No secret, signature or body is in it. */
export type Outcome = {
  outcome: OutcomeKind;
  /** What was answered; null when it ended after the answer or nobody was there to answer. */
  status: number | null;
  reason: VerificationFailure | 'no_secret' | null;
  /** The event, once it is verified. */
  id: string | null;
  type: string | null;
  attempt: number | null;
  durationMs: number;
  /** What your code or the store threw, or why it was refused. `handled` has one when the store could not remember it. */
  error: unknown;
};

/**
 * Without a hook of its own a receiver tells of what failed as a warning of the process, on standard error. Not of what it
 * refused: anybody could fill a log with that, and Posthorn has the reason on record with the attempt.
 */
export function warnOfFailures({ error, outcome, id }: Outcome): void {
  if (error === null || outcome === 'refused') return;
  process.emitWarning(`a webhook ended as "${outcome}": ${id ?? 'not verified'}`, {
    type: 'PosthornReceiverWarning',
    detail: error instanceof Error ? (error.stack ?? error.message) : 'what was thrown is no Error',
  });
}
