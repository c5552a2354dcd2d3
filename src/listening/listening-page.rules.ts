/** `place` orders what follows a position; it is an event id in form. */
export type ListeningRow = { place: string; id: string; type: string; sizeBytes: number };

/**
 * Cuts one page out of the rows that follow a position: those that are wanted and were not sent before, at most
 * `limit` of them and `maxBytes` of bodies, but always the first.
 * @returns `place`: the last row that was gone through, sent or passed over; null when there was none.
 */
export function cutListeningPage(
  rows: readonly ListeningRow[],
  options: { limit: number; maxBytes: number; wants: (row: ListeningRow) => boolean },
): { ids: string[]; place: string | null } {
  const ids: string[] = [];
  let bytes = 0;
  let place: string | null = null;
  for (const row of rows) {
    if (options.wants(row)) {
      if (ids.length > 0 && (ids.length >= options.limit || bytes + row.sizeBytes > options.maxBytes)) break;
      ids.push(row.id);
      bytes += row.sizeBytes;
    }
    place = row.place;
  }
  return { ids, place };
}
