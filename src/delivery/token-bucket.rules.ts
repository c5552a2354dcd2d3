/** A token bucket as an immutable value: `perSecond` tokens flow in, one leaves with each attempt. */
export type TokenBucket = { tokens: number; atMs: number };

/** At most a tenth of a second's worth (and at least one) may leave at once: a rate limit without bursts. */
export function bucketSize(perSecond: number): number {
  return Math.max(1, perSecond / 10);
}

export function fullBucket(perSecond: number, nowMs: number): TokenBucket {
  return { tokens: bucketSize(perSecond), atMs: nowMs };
}

/** The bucket at `nowMs`. A clock that went back brings nothing and takes nothing. */
export function refill(bucket: TokenBucket, perSecond: number, nowMs: number): TokenBucket {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  return { tokens: Math.min(bucketSize(perSecond), bucket.tokens + (passedMs * perSecond) / 1000), atMs: nowMs };
}

/** Milliseconds until a token is there; 0 when one is. */
export function waitForToken(bucket: TokenBucket, perSecond: number): number {
  return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / perSecond) * 1000);
}
