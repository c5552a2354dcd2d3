/**
 * The dedupe keys that this node has seen lately, with their events: a retry storm is answered from memory. Only keys
 * whose events are committed get in. There are two halves: when the younger one is full, the elder one is forgotten as
 * a whole. To take the oldest key out of one Map would cost more with every key that was taken out before.
 */
export class RecentKeys {
  private younger = new Map<string, Map<string, string>>();
  private elder = new Map<string, Map<string, string>>();
  private youngerSize = 0;
  private readonly mostInHalf: number;

  /** @param most keys that are remembered; at least half of them, and one, always are. */
  constructor(most: number) {
    this.mostInHalf = Math.max(1, Math.floor(most / 2));
  }

  /** The id of the event that the key stands for. */
  find(sourceId: string, key: string): string | null {
    return this.younger.get(sourceId)?.get(key) ?? this.elder.get(sourceId)?.get(key) ?? null;
  }

  add(sourceId: string, key: string, eventId: string): void {
    let keys = this.younger.get(sourceId);
    if (keys?.has(key) === true) return;
    if (this.youngerSize === this.mostInHalf) {
      this.elder = this.younger;
      this.younger = new Map();
      this.youngerSize = 0;
      keys = undefined;
    }
    if (keys === undefined) {
      keys = new Map();
      this.younger.set(sourceId, keys);
    }
    keys.set(key, eventId);
    this.youngerSize += 1;
  }
}
