/** One page of a list with its positions, which are text: `count` at most, from `start_position`. */
export function pageOf<Item>(
  query: URLSearchParams,
  name: string,
  all: readonly Item[],
  show: (item: Item) => object,
): object {
  const start = whole(query.get('start_position'), 0);
  const count = Math.min(1000, whole(query.get('count'), 100));
  const page = all.slice(start, start + count);
  return {
    resultSetSize: String(page.length),
    totalSetSize: String(all.length),
    startPosition: String(start),
    endPosition: String(Math.max(start, start + page.length - 1)),
    [name]: page.map(show),
  };
}

function whole(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
