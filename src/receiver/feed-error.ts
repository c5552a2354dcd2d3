export type FeedErrorReason =
  /** 401, 403, 404: the key, its permissions or the team. */
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  /** Another 4xx: a parameter that the feed does not take. */
  | 'refused'
  /** What answers at this address is no feed. */
  | 'unexpected_answer'
  /** 408, 429 or 5xx. */
  | 'unavailable'
  /** No answer: no connection, or none that lasted. */
  | 'unreachable'
  /** `onEvent` failed: `cause` is what it threw. */
  | 'handler_failed';

/** Why the feed could not be consumed. The key is never in it. */
export class FeedError extends Error {
  readonly reason: FeedErrorReason;
  readonly status: number | null;
  /** Posthorn's own problem code, where the answer has one. */
  readonly code: string | null;
  /** Whether trying again may help; `consume` does so by itself and throws only what stays. */
  readonly temporary: boolean;
  /** What the answer asked to wait. */
  readonly retryAfterMs: number;

  constructor(
    reason: FeedErrorReason,
    message: string,
    more: { status?: number; code?: string | null; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'FeedError';
    this.reason = reason;
    this.status = more.status ?? null;
    this.code = more.code ?? null;
    this.retryAfterMs = more.retryAfterMs ?? 0;
    this.temporary = reason === 'unavailable' || reason === 'unreachable' || reason === 'handler_failed';
  }
}
