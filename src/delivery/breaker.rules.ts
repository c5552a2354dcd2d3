/**
 * A circuit breaker as an immutable value.
 *
 * closed: attempts pass and are counted in a window; when at least `minimumAttempts` were made in it and the share of
 * failures reaches `failureShare`, it opens. open: nothing passes until `untilMs`. half-open: `probes` attempts may be
 * under way; one success closes it, one failure opens it again for twice as long, up to `openMaxMs`. Deliveries wait
 * while it is open; none of their attempts is spent.
 */
export type Breaker =
  | ClosedBreaker
  | { state: 'open'; untilMs: number; openedForMs: number }
  | { state: 'half-open'; openedForMs: number };

type ClosedBreaker = { state: 'closed'; windowStartMs: number; attempts: number; failures: number };

export type BreakerPolicy = {
  windowMs: number;
  minimumAttempts: number;
  failureShare: number;
  openMs: number;
  openMaxMs: number;
  probes: number;
};

export const defaultBreakerPolicy: BreakerPolicy = {
  windowMs: 30_000,
  minimumAttempts: 10,
  failureShare: 0.8,
  openMs: 15_000,
  openMaxMs: 300_000,
  probes: 1,
};

export function closedBreaker(nowMs: number): ClosedBreaker {
  return { state: 'closed', windowStartMs: nowMs, attempts: 0, failures: 0 };
}

/** Moves an open breaker whose time has come, or whose clock was set far back, to half-open; anything else stays. */
export function wakeBreaker(breaker: Breaker, nowMs: number): Breaker {
  if (breaker.state !== 'open') return breaker;
  const { untilMs, openedForMs } = breaker;
  return nowMs >= untilMs || nowMs < untilMs - 2 * openedForMs ? { state: 'half-open', openedForMs } : breaker;
}

/** Somebody changed what may have been wrong: an open breaker tries now whether it was. */
export function hastenBreaker(breaker: Breaker): Breaker {
  return breaker.state === 'open' ? { state: 'half-open', openedForMs: breaker.openedForMs } : breaker;
}

/** How many attempts may be under way at once; Infinity when closed. Wake the breaker first. */
export function breakerRoom(breaker: Breaker, policy: BreakerPolicy): number {
  if (breaker.state === 'closed') return Number.POSITIVE_INFINITY;
  return breaker.state === 'half-open' ? policy.probes : 0;
}

/** Counts one finished attempt. */
export function recordAttempt(breaker: Breaker, succeeded: boolean, nowMs: number, policy: BreakerPolicy): Breaker {
  if (breaker.state === 'open') return breaker;
  if (breaker.state === 'half-open') {
    if (succeeded) return closedBreaker(nowMs);
    const openForMs = Math.min(breaker.openedForMs * 2, policy.openMaxMs);
    return { state: 'open', untilMs: nowMs + openForMs, openedForMs: openForMs };
  }
  const current =
    nowMs - breaker.windowStartMs >= policy.windowMs || nowMs < breaker.windowStartMs ? closedBreaker(nowMs) : breaker;
  const attempts = current.attempts + 1;
  const failures = current.failures + (succeeded ? 0 : 1);
  if (!succeeded && attempts >= policy.minimumAttempts && failures >= attempts * policy.failureShare) {
    return { state: 'open', untilMs: nowMs + policy.openMs, openedForMs: policy.openMs };
  }
  return { state: 'closed', windowStartMs: current.windowStartMs, attempts, failures };
}
