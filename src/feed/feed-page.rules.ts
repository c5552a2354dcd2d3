export type FeedRow = { id: string; type: string; sizeBytes: number };

/**
 * Cuts one answer out of the events that follow a position: only the wanted types, at most `limit` of them and
 * `maxBytes` of bodies, but always the first.
 * @returns `position`: the last row that was gone through, handed out or passed over; null when there was none.
 */
export function cutFeedPage(
  rows: readonly FeedRow[],
  options: { limit: number; maxBytes: number; types: ReadonlySet<string> | null },
): { ids: string[]; position: string | null } {
  const ids: string[] = [];
  let bytes = 0;
  let position: string | null = null;
  for (const row of rows) {
    if (options.types === null || options.types.has(row.type)) {
      if (ids.length > 0 && (ids.length >= options.limit || bytes + row.sizeBytes > options.maxBytes)) break;
      ids.push(row.id);
      bytes += row.sizeBytes;
    }
    position = row.id;
  }
  return { ids, position };
}
