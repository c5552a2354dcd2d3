export type PosthornErrorReason =
  /** 401, 403, 404: the key, its permissions, the team, or a URL that has expired. */
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  /** Another 4xx: a parameter that is not taken. */
  | 'refused'
  /** What answers at this address is not what was asked for. */
  | 'unexpected_answer'
  /** 408, 429 or 5xx. */
  | 'unavailable'
  /** No answer: no connection, or none that lasted. */
  | 'unreachable'
  /** `onEvent` of `consume` failed: `cause` is what it threw. */
  | 'handler_failed';

/** Why Posthorn could not be asked, or an event of its feed not handled. No key and no signed URL is in it. */
export class PosthornError extends Error {
  readonly reason: PosthornErrorReason;
  readonly status: number | null;
  /** Posthorn's own problem code, where the answer has one. */
  readonly code: string | null;
  /** Whether trying again may help; `consume` does so by itself and throws only what stays. */
  readonly temporary: boolean;
  /** What the answer asked to wait. */
  readonly retryAfterMs: number;

  constructor(
    reason: PosthornErrorReason,
    message: string,
    more: { status?: number; code?: string | null; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'PosthornError';
    this.reason = reason;
    this.status = more.status ?? null;
    this.code = more.code ?? null;
    this.retryAfterMs = more.retryAfterMs ?? 0;
    this.temporary = reason === 'unavailable' || reason === 'unreachable' || reason === 'handler_failed';
  }
}
