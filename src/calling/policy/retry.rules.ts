import type { CallError } from '../../calls/call-ledger.ts';
import type { Policy } from '../../connections/policy.ts';
import { parseRetryAfter } from '../../delivery/decide-outcome.rules.ts';
import { networkErrors } from './circuit-breaker.rules.ts';

/** What one try of a call brought. */
export type TryOutcome = {
  /** Null when no answer came. */
  status: number | null;
  error: CallError | null;
  /** Any byte of the request may have reached the provider. */
  sent: boolean;
  retryAfterMs: number | null;
  /** The answer tells that waiting does not help: see ApiFailure. */
  permanent: boolean;
};

export type RetryDecision =
  | { retry: true; delayMs: number }
  | {
      retry: false;
      why: 'final' | 'permanent' | 'tries_spent' | 'not_repeatable' | 'body_not_kept' | 'asked_too_long' | 'no_time';
    };

/** What passes: `blocked` and what Posthorn decided stays so. */
const passingErrors: ReadonlySet<CallError> = new Set([...networkErrors, 'local']);

/**
 * Whether a call is tried again, and after how long.
 *
 * 408, 429, 5xx but 501 and 505, and errors of the network pass. What may not be done twice is sent again only when
 * nothing can have reached the provider, or when the answer says that it was not taken on: 429, which refuses before
 * anything is done, and a 503 that names the time to come back at. Backoff has full jitter; a Retry-After is never
 * undercut, and ends the call when it asks for more than `mostMs` or than the time that is left.
 * @param input.tries those made so far, the first included
 * @param input.bodyKept the request's body can be sent again; true where it has none
 * @param input.random a number in [0, 1)
 */
export function decideRetry(input: {
  tries: number;
  policy: Policy['retries'];
  outcome: TryOutcome;
  repeatable: boolean;
  bodyKept: boolean;
  elapsedMs: number;
  totalMs: number;
  random: number;
}): RetryDecision {
  const { tries, policy, outcome, repeatable, elapsedMs, totalMs } = input;
  if (!isTemporary(outcome)) return { retry: false, why: 'final' };
  if (outcome.permanent) return { retry: false, why: 'permanent' };
  if (tries > policy.most) return { retry: false, why: 'tries_spent' };
  if (!repeatable && !wasNotTaken(outcome)) return { retry: false, why: 'not_repeatable' };
  if (!input.bodyKept) return { retry: false, why: 'body_not_kept' };
  const { retryAfterMs } = outcome;
  if (retryAfterMs !== null && retryAfterMs > policy.mostMs) return { retry: false, why: 'asked_too_long' };
  const delayMs = delayOf(tries, policy, retryAfterMs, input.random);
  return elapsedMs + delayMs < totalMs ? { retry: true, delayMs } : { retry: false, why: 'no_time' };
}

/** Milliseconds that a Retry-After asks for (RFC 9110, 10.2.3); null when there is none, it is unreadable, or over. */
export function readRetryAfter(text: string | null, nowMs: number): number | null {
  const askedMs = parseRetryAfter(text, nowMs);
  return askedMs > 0 || /^\s*0+\s*$/.test(text ?? '') ? askedMs : null;
}

function isTemporary({ status, error }: TryOutcome): boolean {
  if (status === null) return error !== null && passingErrors.has(error);
  // An answer that broke off is as good as none.
  if (status < 400) return error !== null && passingErrors.has(error);
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function wasNotTaken({ status, sent, retryAfterMs }: TryOutcome): boolean {
  return !sent || status === 429 || (status === 503 && retryAfterMs !== null);
}

/** A share of the base comes on top of a Retry-After, so that those who were told the same do not return together. */
function delayOf(tries: number, policy: Policy['retries'], retryAfterMs: number | null, random: number): number {
  const backoffMs = random * Math.min(policy.mostMs, policy.baseMs * 2 ** Math.min(tries - 1, 30));
  if (retryAfterMs === null) return Math.round(backoffMs);
  return Math.min(Math.ceil(retryAfterMs + random * policy.baseMs), policy.mostMs);
}
