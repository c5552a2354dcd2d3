export type Backoff = { firstMs: number; maxMs: number };

/** A Retry-After is honoured up to here: a feed that asks for more is asked again all the same. */
export const retryAfterMaxMs = 300_000;

/**
 * How long to wait after a failure: doubling from `firstMs` to `maxMs`, and never less than half of that, so that those
 * who failed together do not return together; longer when the answer asks for it.
 * @param attempt 1 after the first failure in a row
 * @param random a number in [0, 1)
 */
export function waitMsAfter(
  { attempt, retryAfterMs, random }: { attempt: number; retryAfterMs: number; random: number },
  { firstMs, maxMs }: Backoff,
): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(Math.max(fullMs * (0.5 + random / 2), Math.min(retryAfterMs, retryAfterMaxMs)));
}

/** Milliseconds that a Retry-After asks for (RFC 9110, 10.2.3: seconds or an HTTP date); 0 if it is neither. */
export function readRetryAfter(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const atMs = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}
