import { createGroupCommit } from '../database/group-commit.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { CallRecordStore } from './call-record.store.ts';
import { createPersistence } from './persistence.ts';
import type { BegunCall } from './recorded-call.rules.ts';

/** Takes calls back whose begin failed, and may have been committed all the same: they did not go out. */
export type Withdrawals = {
  add(call: BegunCall): void;
  readonly pending: number;
  idle(): Promise<void>;
  giveUp(): void;
};

/** Beyond this they are left to be unknown: two ids each are small, but an outage is long. */
const most = 20_000;

export function createWithdrawals(options: {
  store: Pick<CallRecordStore, 'withdraw'>;
  timers: Timers;
  onError: (error: unknown) => void;
}): Withdrawals {
  type Waiting = { epoch: number; teamId: string; id: string };
  const persistence = createPersistence(options);
  const commit = createGroupCommit<Waiting, void>({
    write: async (batch) => {
      for (const [epoch, calls] of Map.groupBy(batch, (each) => each.epoch)) {
        await persistence.insist(
          () => options.store.withdraw(epoch, calls),
          () => true,
        );
      }
      return new Array<void>(batch.length);
    },
    maxBatch: 1000,
    parallel: 1,
    onFailed: options.onError,
  });
  return {
    add({ start, epoch }) {
      if (commit.pending < most) commit.push({ epoch, teamId: start.teamId, id: start.id });
    },
    get pending() {
      return commit.pending;
    },
    idle: () => commit.idle(),
    giveUp: () => persistence.giveUp(),
  };
}
