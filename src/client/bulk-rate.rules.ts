/** How many ended in each of the last seconds, oldest first. */
export type Ended = readonly { second: number; count: number }[];

const windowSeconds = 10;

/** Counts one that ended now. */
export function addEnded(ended: Ended, nowMs: number): Ended {
  const second = Math.floor(nowMs / 1000);
  const recent = ended.filter((each) => each.second > second - windowSeconds);
  const last = recent.at(-1);
  if (last?.second !== second) return [...recent, { second, count: 1 }];
  return [...recent.slice(0, -1), { second, count: last.count + 1 }];
}

/**
 * The rate over the last ten seconds, or since the start, and how long the rest takes at this rate.
 * @returns `etaMs` null while nothing ended lately
 */
export function rateOf(
  ended: Ended,
  { startedAtMs, nowMs, left }: { startedAtMs: number; nowMs: number; left: number },
): { perSecond: number; etaMs: number | null } {
  const firstSecond = Math.floor(nowMs / 1000) - windowSeconds + 1;
  const recent = ended.filter(({ second }) => second >= firstSecond);
  const count = recent.reduce((sum, each) => sum + each.count, 0);
  const spanMs = Math.max(1000, nowMs - Math.max(startedAtMs, firstSecond * 1000));
  const perSecond = count / (spanMs / 1000);
  if (left === 0) return { perSecond, etaMs: 0 };
  return { perSecond, etaMs: perSecond === 0 ? null : Math.round((left / perSecond) * 1000) };
}
