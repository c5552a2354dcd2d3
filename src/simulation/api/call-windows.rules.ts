/** So many calls in a window, counted for each key apart. */
export type CallWindows = {
  /** Counts a call. `allowed` false: it was one too many. Times are Unix milliseconds. */
  take(key: string, nowMs: number): CallCount;
};
export type CallCount = { allowed: boolean; limit: number; remaining: number; resetAtMs: number };

/** Keys beyond this push out the oldest. */
const mostKeys = 10_000;

/** Windows that begin with the clock's own: minutes and hours since the epoch. */
export function createClockWindows({ limit, windowMs }: { limit: number; windowMs: number }): CallWindows {
  const counts = new Map<string, { startMs: number; used: number }>();
  return {
    take(key, nowMs) {
      const startMs = Math.floor(nowMs / windowMs) * windowMs;
      const known = counts.get(key);
      const used = (known?.startMs === startMs ? known.used : 0) + 1;
      counts.delete(key);
      counts.set(key, { startMs, used });
      forgetOldest(counts);
      return { allowed: used <= limit, limit, remaining: Math.max(0, limit - used), resetAtMs: startMs + windowMs };
    },
  };
}

/** Any stretch of time of this length; a call that was refused does not count. */
export function createSlidingWindows({ limit, windowMs }: { limit: number; windowMs: number }): CallWindows {
  const calls = new Map<string, number[]>();
  return {
    take(key, nowMs) {
      const recent = (calls.get(key) ?? []).filter((atMs) => atMs > nowMs - windowMs);
      const allowed = recent.length < limit;
      if (allowed) recent.push(nowMs);
      calls.delete(key);
      calls.set(key, recent);
      forgetOldest(calls);
      const resetAtMs = (recent[0] ?? nowMs) + windowMs;
      return { allowed, limit, remaining: limit - recent.length, resetAtMs };
    },
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= mostKeys) return;
  const [oldest = ''] = map.keys();
  map.delete(oldest);
}
