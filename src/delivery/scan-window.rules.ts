/** Ids that one bounded look at an index found, in its direction. */
export type Scan = {
  ids: string[];
  /** The scan knows everything up to this id; null: to the end. */
  completeTo: string | null;
};

export type Page = {
  ids: string[];
  /** Where to go on after; null when nothing can follow. */
  next: string | null;
};

/**
 * One page out of several scans in the same direction. What lies beyond the place up to which all scans are complete
 * is left to the next page, so that nothing is skipped however unevenly they came along.
 */
export function mergeScans(scans: readonly Scan[], limit: number, descending: boolean): Page {
  const isBefore = (a: string, b: string): boolean => (descending ? a > b : a < b);
  let boundary: string | null = null;
  for (const { completeTo } of scans) {
    if (completeTo !== null && (boundary === null || isBefore(completeTo, boundary))) boundary = completeTo;
  }
  const end = boundary;
  const ids = [...new Set(scans.flatMap((scan) => scan.ids))]
    .filter((id) => end === null || !isBefore(end, id))
    .sort((a, b) => (isBefore(a, b) ? -1 : 1));
  if (ids.length <= limit) return { ids, next: end };
  const kept = ids.slice(0, limit);
  return { ids: kept, next: kept.at(-1) ?? null };
}
