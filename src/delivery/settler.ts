import { createGroupCommit } from '../database/group-commit.ts';
import type { DeliveryStore, Settlement, Timers } from './delivery-ports.ts';

/** Writes settlements by group commit, and keeps at it while the database is away. */
export type Settler = {
  /** Resolves when the attempt is durable. Rejects only when `stop` gave up on the database. */
  settle(settlement: Settlement): Promise<void>;
  readonly pending: number;
  /** True from a failed write until the next one that works. */
  readonly stalled: boolean;
  idle(): Promise<void>;
  /** No more tries for what cannot be written: the rows stay owned and are taken over. */
  giveUp(): void;
};

const retryFirstMs = 100;
const retryMaxMs = 5_000;

export function createSettler(options: {
  store: Pick<DeliveryStore, 'settle'>;
  timers: Timers;
  onFenced: (count: number) => void;
  onError: (error: unknown) => void;
  onResumed: () => void;
}): Settler {
  let stalled = false;
  let givenUp = false;

  const write = async (batch: Settlement[]): Promise<void[]> => {
    const byEpoch = Map.groupBy(batch, (settlement) => settlement.item.epoch);
    for (const [epoch, settlements] of byEpoch) {
      let waitMs = retryFirstMs;
      for (;;) {
        try {
          const applied = await options.store.settle(epoch, settlements);
          if (applied < settlements.length) options.onFenced(settlements.length - applied);
          if (stalled) {
            stalled = false;
            options.onResumed();
          }
          break;
        } catch (error) {
          stalled = true;
          options.onError(error);
          if (givenUp) throw error;
          await new Promise<void>((resolve) => options.timers.after(waitMs, resolve));
          waitMs = Math.min(waitMs * 2, retryMaxMs);
        }
      }
    }
    return new Array<void>(batch.length);
  };

  const commit = createGroupCommit<Settlement, void>({ write, maxBatch: 1000, parallel: 2 });
  return {
    settle: (settlement) => commit.add(settlement),
    get pending() {
      return commit.pending;
    },
    get stalled() {
      return stalled;
    },
    idle: () => commit.idle(),
    giveUp() {
      givenUp = true;
    },
  };
}
