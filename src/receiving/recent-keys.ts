/**
 * The dedupe keys that this node has seen lately, with their events: a retry storm is answered from memory. Only keys
 * whose events are committed get in, and the oldest leave first.
 */
export class RecentKeys {
  private readonly keys = new Map<string, string>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** The id of the event that the key stands for. */
  find(sourceId: string, key: string): string | null {
    return this.keys.get(`${sourceId} ${key}`) ?? null;
  }

  add(sourceId: string, key: string, eventId: string): void {
    const name = `${sourceId} ${key}`;
    this.keys.delete(name);
    this.keys.set(name, eventId);
    if (this.keys.size <= this.most) return;
    const [oldest] = this.keys.keys();
    if (oldest !== undefined) this.keys.delete(oldest);
  }
}
