import { isDatabaseOutage } from '../database/database-outage.rules.ts';
import { createGroupCommit } from '../database/group-commit.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { CallRecordStore } from './call-record.store.ts';
import { type EndedCall, withoutExtras } from './recorded-call.rules.ts';
import { createPersistence } from './persistence.ts';

/** Writes ends by group commit, and keeps at it while the database is away. */
export type EndWriter = {
  /** `bytes`: what it holds in memory until it is written. */
  push(call: EndedCall & { bytes: number }): void;
  readonly pending: number;
  /** For a stop: gathers no longer. */
  idle(): Promise<void>;
  /** No more tries for what cannot be written. */
  giveUp(): void;
};

/** Bodies in one transaction. */
const batchMaxBytes = 8 * 1024 * 1024;
/** Nobody waits for an end: those of a moment share a transaction, which costs far less for each. */
const gatherMs = 20;

export function createEndWriter(options: {
  store: Pick<CallRecordStore, 'end'>;
  timers: Timers;
  onWritten: (bytes: number) => void;
  onError: (error: unknown) => void;
}): EndWriter {
  const { store, timers, onError } = options;
  type Waiting = EndedCall & { bytes: number };
  const persistence = createPersistence(options);

  const write = async (batch: readonly EndedCall[], bare = false): Promise<void> => {
    try {
      await persistence.insist(
        () => store.end(batch),
        (error) => isDatabaseOutage(error),
      );
    } catch (error) {
      if (isDatabaseOutage(error)) throw error;
      onError(error);
      // One end that cannot be stored must not hold up the others.
      if (batch.length > 1) for (const call of batch) await write([call]);
      else if (!bare)
        await write(
          batch.map((call) => ({ ...call, end: withoutExtras(call.end) })),
          true,
        );
    }
  };

  let isHurried = false;
  let writeNow: (() => void) | null = null;
  const gather = (run: () => void): void => {
    if (isHurried) return void setImmediate(run);
    const timer = timers.after(gatherMs, () => writeNow?.());
    writeNow = () => {
      writeNow = null;
      timer.cancel();
      run();
    };
  };

  const commit = createGroupCommit<Waiting, void>({
    defer: gather,
    write: async (batch) => {
      await write(batch);
      return new Array<void>(batch.length);
    },
    maxBatch: 500,
    weigh: ({ bytes }) => bytes,
    maxBytes: batchMaxBytes,
    parallel: 2,
    onWritten: (batch) => options.onWritten(batch.reduce((sum, { bytes }) => sum + bytes, 0)),
    onFailed: onError,
  });
  return {
    push: (call) => commit.push(call),
    get pending() {
      return commit.pending;
    },
    idle() {
      isHurried = true;
      writeNow?.();
      return commit.idle();
    },
    giveUp: () => persistence.giveUp(),
  };
}
