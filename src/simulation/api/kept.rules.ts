/** Things by their id, within bounds: what is oldest goes when there are too many of them, or they are too large. */
export type Kept<Item> = {
  find: (id: string) => Item | undefined;
  /** Keeps it, or what has become of it. */
  put: (id: string, item: Item, sizeBytes: number) => void;
  delete: (id: string) => void;
  /** The newest first. */
  all: () => Item[];
};

export type KeptBounds = { most: number; mostBytes: number };

export function createKept<Item>({ most, mostBytes }: KeptBounds): Kept<Item> {
  const items = new Map<string, { item: Item; sizeBytes: number }>();
  let totalBytes = 0;
  const drop = (id: string): void => {
    totalBytes -= items.get(id)?.sizeBytes ?? 0;
    items.delete(id);
  };
  return {
    find: (id) => items.get(id)?.item,
    put(id, item, sizeBytes) {
      totalBytes += sizeBytes - (items.get(id)?.sizeBytes ?? 0);
      // A change keeps the place that it has.
      items.set(id, { item, sizeBytes });
      for (const oldest of items.keys()) {
        if ((items.size <= most && totalBytes <= mostBytes) || oldest === id) break;
        drop(oldest);
      }
    },
    delete: drop,
    all: () => [...items.values()].map(({ item }) => item).toReversed(),
  };
}
