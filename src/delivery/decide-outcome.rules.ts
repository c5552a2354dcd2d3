/** What an attempt brought, as far as the decision needs it. */
export type AttemptResult =
  | { kind: 'response'; status: number; retryAfter: string | null }
  /** `isLocal`: this machine could not even begin. */
  | { kind: 'failure'; isLocal: boolean };

export type Outcome =
  | { kind: 'succeeded' }
  /** One that is not `counted` takes no place in the schedule, and says nothing of the receiver. */
  | { kind: 'retry'; delayMs: number; counted: boolean }
  | { kind: 'dead' }
  /** 410: the receiver wants nothing more. The endpoint is disabled and the delivery waits with the others. */
  | { kind: 'gone'; delayMs: number };

export type RetryPolicy = {
  /** Seconds to wait after the first, second, ... failed attempt; as many retries as entries. */
  scheduleSeconds: readonly number[];
};

/** Longest wait that a Retry-After can ask for: a day. "A year" must not park a delivery for ever. */
export const retryAfterMaxMs = 86_400_000;

/** Retries wait up to this share longer than scheduled, so that what failed together does not return together. */
export const jitterShare = 0.2;

/** After an attempt that this machine could not begin. */
export const localRetryMs = 10_000;

/** After a 410. By then every node has heard that the endpoint is disabled: due at once, it could be sent again before. */
const goneRetryMs = 5_000;

/**
 * Decides what follows an attempt. Success is any 2xx; a redirect is a failure. What this machine could not begin is tried
 * until it can: no delivery dies of it.
 * @param attemptsBefore attempts already made in this cycle (a resend starts a new cycle).
 * @param random a number in [0, 1) that places the retry within its jitter.
 */
export function decideOutcome(input: {
  result: AttemptResult;
  attemptsBefore: number;
  policy: RetryPolicy;
  nowMs: number;
  random: number;
}): Outcome {
  const { result, attemptsBefore, policy } = input;
  if (result.kind === 'response') {
    if (result.status >= 200 && result.status < 300) return { kind: 'succeeded' };
    if (result.status === 410) return { kind: 'gone', delayMs: goneRetryMs };
  } else if (result.isLocal) {
    return { kind: 'retry', delayMs: Math.round(localRetryMs * (1 + input.random)), counted: false };
  }
  const scheduledSeconds = policy.scheduleSeconds[attemptsBefore];
  if (scheduledSeconds === undefined) return { kind: 'dead' };
  const jitteredMs = scheduledSeconds * 1000 * (1 + jitterShare * input.random);
  const askedMs = result.kind === 'response' ? parseRetryAfter(result.retryAfter, input.nowMs) : 0;
  return {
    kind: 'retry',
    delayMs: Math.round(Math.max(jitteredMs, Math.min(askedMs, retryAfterMaxMs))),
    counted: true,
  };
}

/** Milliseconds that a Retry-After header (RFC 9110, 10.2.3: delay-seconds or an HTTP date) asks for; 0 if unusable. */
export function parseRetryAfter(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]{2}/.test(text)) return 0;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs);
}
