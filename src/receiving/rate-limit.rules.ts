/** As many requests as flow in a second may come at once: providers send in bursts. At least one. */
export type RequestBucket = { perSecond: number; tokens: number; atMs: number };

/** One request at `nowMs`. Another rate than before begins anew; a clock that went back brings nothing. */
export function takeRequest(
  bucket: RequestBucket | undefined,
  perSecond: number,
  nowMs: number,
): { isTaken: boolean; bucket: RequestBucket } {
  const most = Math.max(1, perSecond);
  const before = bucket?.perSecond === perSecond ? bucket : { perSecond, tokens: most, atMs: nowMs };
  const passedMs = Math.max(0, nowMs - before.atMs);
  const tokens = Math.min(most, before.tokens + (passedMs * perSecond) / 1000);
  const isTaken = tokens >= 1;
  return { isTaken, bucket: { perSecond, tokens: isTaken ? tokens - 1 : tokens, atMs: nowMs } };
}
