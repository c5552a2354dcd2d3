import type { PosthornProblem } from './read-problem.rules.ts';

/** What the client itself says, beside Posthorn's own problem codes. */
export type ClientErrorCode =
  /** Posthorn did not answer, or the connection to it broke. */
  | 'unreachable'
  /** What answers at this address is not Posthorn: a proxy in between, or another server. */
  | 'unexpected_answer'
  /** Posthorn answered a HEAD, which has no body to say more in than the status. */
  | 'unknown';

type More = {
  status?: number;
  retryable: boolean;
  mayRepeat: boolean;
  retryAfterMs?: number | null;
  callId?: string | null;
  problem?: PosthornProblem;
  cause?: unknown;
};

/** Posthorn, or the way to it, ended the call: what the provider answers is never one. No key and no body is in it. */
export class PosthornError extends Error {
  /** Posthorn's problem code, or what the client says itself. */
  readonly code: string;
  /** Null when nothing answered. */
  readonly status: number | null;
  /** Whether the reason passes by itself. */
  readonly retryable: boolean;
  /** Whether the same request may be sent again without doing it twice. */
  readonly mayRepeat: boolean;
  /** How long the answer asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null;
  /** `call_…`, for the call ledger; null when the call was not put on record. */
  readonly callId: string | null;
  readonly problem: PosthornProblem | null;

  constructor(code: string, message: string, more: More) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'PosthornError';
    this.code = code;
    this.status = more.status ?? null;
    this.retryable = more.retryable;
    this.mayRepeat = more.mayRepeat;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.callId = more.callId ?? null;
    this.problem = more.problem ?? null;
  }
}
