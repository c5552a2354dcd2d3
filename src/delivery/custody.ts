import type { DeliveryItem, DeliveryStore, Timers } from './delivery-ports.ts';

type Doubtful = { epoch: number; teamId: string; deliveryId: string };

/**
 * What this node owns in the database, and how it gives back what it will not send. Calls may have happened although
 * they failed, so every one is repeated until it is answered, and a claim that brings a delivery which was being
 * settled or given back proves that this has happened.
 */
export class Custody {
  /** Owned fresh deliveries in order of their ids: the first key bounds what a takeover must search. */
  private readonly fresh = new Map<string, true>();
  /** Claimed from the queue and not yet settled. */
  private readonly claimed = new Map<string, DeliveryItem>();
  private readonly releasing = new Map<string, DeliveryItem>();
  /** Attempted, fresh or claimed; the settlement is being written. */
  private readonly settling = new Map<string, DeliveryItem>();
  /** Their accept may have committed or may yet do so; they are not sent from memory. */
  private readonly doubtful = new Map<string, Doubtful & { aged: boolean }>();
  private resolving = false;
  private readonly options: {
    store: Pick<DeliveryStore, 'release' | 'releaseUnheld'>;
    timers: Timers;
    /** It is out of memory. */
    onReleased: (item: DeliveryItem) => void;
    /** There is something new in the queue. */
    onQueued: () => void;
    stopping: () => boolean;
    onError: (error: unknown) => void;
  };

  constructor(options: Custody['options']) {
    this.options = options;
  }

  /** The lowest owned fresh delivery. */
  lowest(): string | undefined {
    const [first] = this.fresh.keys();
    return first;
  }

  get size(): number {
    return this.fresh.size + this.claimed.size + this.releasing.size + this.settling.size + this.doubtful.size;
  }

  takeFresh(deliveryId: string): void {
    this.fresh.set(deliveryId, true);
  }

  dropFresh(deliveryId: string): void {
    this.fresh.delete(deliveryId);
  }

  /** @returns false when the delivery is in memory already: then this copy of it is to be dropped. */
  takeClaimed(item: DeliveryItem): boolean {
    const { deliveryId } = item;
    const returning = this.releasing.get(deliveryId);
    if (returning !== undefined) this.released(returning);
    if (this.doubtful.delete(deliveryId) || this.settling.delete(deliveryId)) this.fresh.delete(deliveryId);
    if (this.claimed.has(deliveryId) || this.fresh.has(deliveryId)) return false;
    this.claimed.set(deliveryId, item);
    return true;
  }

  attempted(item: DeliveryItem): void {
    if (this.claimed.get(item.deliveryId) === item) this.claimed.delete(item.deliveryId);
    this.settling.set(item.deliveryId, item);
  }

  settled(item: DeliveryItem): void {
    if (item.fresh) this.fresh.delete(item.deliveryId);
    if (this.settling.get(item.deliveryId) === item) this.settling.delete(item.deliveryId);
  }

  doubt(item: Doubtful): void {
    this.doubtful.set(item.deliveryId, { ...item, aged: false });
  }

  /** The epoch is gone, and with it all that was owned. */
  forget(): void {
    this.fresh.clear();
    this.claimed.clear();
    this.doubtful.clear();
  }

  /** Gives deliveries back to the queue; tries again until it works, since they are owned until then. */
  release(items: DeliveryItem[]): void {
    for (const item of items) this.releasing.set(item.deliveryId, item);
    for (const [epoch, group] of Map.groupBy(items, (item) => item.epoch)) this.giveBack(epoch, group, 0);
  }

  private giveBack(epoch: number, items: DeliveryItem[], tries: number): void {
    const group = items.filter((item) => this.releasing.get(item.deliveryId) === item);
    if (group.length === 0) return;
    this.options.store.release(epoch, group).then(
      () => {
        for (const item of group) if (this.releasing.get(item.deliveryId) === item) this.released(item);
        if (!this.options.stopping()) this.options.onQueued();
      },
      (error: unknown) => {
        this.options.onError(error);
        if (this.options.stopping()) return;
        const delayMs = Math.min(5_000, 200 * 2 ** tries);
        this.options.timers.after(delayMs, () => this.giveBack(epoch, group, tries + 1));
      },
    );
  }

  private released(item: DeliveryItem): void {
    this.releasing.delete(item.deliveryId);
    if (item.fresh) this.fresh.delete(item.deliveryId);
    else if (this.claimed.get(item.deliveryId) === item) this.claimed.delete(item.deliveryId);
    this.options.onReleased(item);
  }

  /**
   * Frees what an accept without an answer may have given to this node. Call it every few seconds: a delivery is freed
   * at the second call it sees, when the database would refuse a statement that old as one whose clock is wrong.
   */
  resolveDoubts(): void {
    if (this.resolving) return;
    const aged = [...this.doubtful.values()].filter((item) => item.aged);
    for (const item of this.doubtful.values()) item.aged = true;
    if (aged.length === 0) return;
    this.resolving = true;
    const groups = [...Map.groupBy(aged, (item) => item.epoch)];
    Promise.all(groups.map(([epoch, group]) => this.resolve(epoch, group)))
      .then(() => this.options.onQueued(), this.options.onError)
      .finally(() => {
        this.resolving = false;
      });
  }

  private async resolve(epoch: number, group: Doubtful[]): Promise<void> {
    await this.options.store.release(epoch, group, 'after accepts');
    for (const item of group) {
      if (this.doubtful.get(item.deliveryId) !== item) continue;
      this.doubtful.delete(item.deliveryId);
      this.fresh.delete(item.deliveryId);
    }
  }

  /** After a claim without an answer: frees what the epoch has claimed and this node does not hold. */
  async releaseUnheld(epoch: number): Promise<void> {
    const held = [this.claimed, this.releasing, this.settling].flatMap((items) => [...items.keys()]);
    await this.options.store.releaseUnheld(epoch, held);
  }
}
