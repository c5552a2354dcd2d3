/** Deliveries that one transaction makes due at most. */
const pageMax = 500;

/** How many deliveries the next page may hold: a second's worth, so that the rate is kept and a cancel is prompt. */
export function pageLimit(ratePerSecond: number | null): number {
  return ratePerSecond === null ? pageMax : Math.max(1, Math.min(pageMax, Math.floor(ratePerSecond)));
}

/** How long to rest after a page that held `matched` deliveries. */
export function restAfterPageMs(ratePerSecond: number | null, matched: number): number {
  return ratePerSecond === null ? 0 : (matched / ratePerSecond) * 1000;
}
