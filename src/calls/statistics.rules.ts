/** Milliseconds below which half, 95 and 99 of a hundred calls lie: each is one that occurred. */
export type Percentiles = { p50: number; p95: number; p99: number };

/** Upper bounds of the histogram's buckets, included; the last bucket has none. */
export const histogramBoundsMs = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

/** The share of calls that ended well, of those whose end is known; null when none has ended. */
export function successRate(figures: { succeeded: number; failed: number }): number | null {
  const ended = figures.succeeded + figures.failed;
  return ended === 0 ? null : figures.succeeded / ended;
}

/** Counts with the bounds of their buckets; `upToMs` null is the open one. */
export function labelHistogram(counts: readonly number[]): { upToMs: number | null; calls: number }[] {
  return counts.map((calls, index) => ({ upToMs: histogramBoundsMs[index] ?? null, calls }));
}
