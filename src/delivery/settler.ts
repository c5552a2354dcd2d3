import { isDataError } from '../database/data-error.rules.ts';
import { createGroupCommit } from '../database/group-commit.ts';
import type { DeliveryStore, Settlement, Timers } from './delivery-ports.ts';

/** Writes settlements by group commit, and keeps at it while the database is away. */
export type Settler = {
  /** `onSettled` tells when the attempt is durable; it never does when `giveUp` gave up on the database. */
  settle(settlement: Settlement): void;
  readonly pending: number;
  /** True from a failed write until the next one that works. */
  readonly stalled: boolean;
  idle(): Promise<void>;
  /** No more tries for what cannot be written: the rows stay owned and are taken over. */
  giveUp(): void;
};

const retryFirstMs = 100;
const retryMaxMs = 5_000;
/** Bytes of answers in one transaction. */
const batchMaxBytes = 8 * 1024 * 1024;

export function createSettler(options: {
  store: Pick<DeliveryStore, 'settle'>;
  timers: Timers;
  /** These are durable now. */
  onSettled: (batch: Settlement[]) => void;
  onFenced: (count: number) => void;
  onError: (error: unknown) => void;
  onResumed: () => void;
}): Settler {
  let stalled = false;
  let givenUp = false;

  const write = async (batch: Settlement[]): Promise<void[]> => {
    for (const [epoch, settlements] of Map.groupBy(batch, (settlement) => settlement.item.epoch)) {
      await writeForSure(epoch, settlements);
    }
    return new Array<void>(batch.length);
  };

  const writeForSure = async (epoch: number, settlements: Settlement[], bare = false): Promise<void> => {
    for (let waitMs = retryFirstMs; ; waitMs = Math.min(waitMs * 2, retryMaxMs)) {
      try {
        const applied = await options.store.settle(epoch, settlements);
        if (applied < settlements.length) options.onFenced(settlements.length - applied);
        if (stalled) {
          stalled = false;
          options.onResumed();
        }
        return;
      } catch (error) {
        options.onError(error);
        if (isDataError(error)) {
          // One attempt that cannot be stored must not hold up the log of the others.
          if (settlements.length > 1) {
            for (const settlement of settlements) await writeForSure(epoch, [settlement]);
          } else if (!bare) {
            await writeForSure(epoch, settlements.map(withoutAnswer), true);
          } else options.onFenced(1);
          return;
        }
        stalled = true;
        if (givenUp) throw error;
        await new Promise<void>((resolve) => options.timers.after(waitMs, resolve));
      }
    }
  };

  const { timers } = options;
  const commit = createGroupCommit<Settlement, void>({
    write,
    maxBatch: 1000,
    weigh: ({ responseBody }) => responseBody?.length ?? 0,
    maxBytes: batchMaxBytes,
    parallel: 2,
    onWritten: (batch) => options.onSettled(batch),
    onFailed: (error) => options.onError(error),
    ...(timers.defer && { defer: (run) => timers.defer?.(run) }),
  });
  return {
    settle: (settlement) => commit.push(settlement),
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

/** The attempt with only what is certain to be storable. */
function withoutAnswer(settlement: Settlement): Settlement {
  return {
    ...settlement,
    errorMessage: settlement.errorMessage === null ? null : 'the answer could not be stored',
    requestHeaders: '',
    responseHeaders: null,
    responseBody: null,
    responseTruncated: true,
  };
}
