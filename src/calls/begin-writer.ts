import { isDatabaseOutage } from '../database/database-outage.rules.ts';
import { createGroupCommit } from '../database/group-commit.ts';
import type { CallRecordStore } from './call-record.store.ts';
import type { BegunCall } from './recorded-call.rules.ts';

type Waiting = { call: BegunCall; givenUp: boolean };

/** Puts calls on record by group commit. What was given up, or may be on record although it failed, is told of. */
export type BeginWriter = {
  /**
   * Resolves when the call is on record.
   * @param patience starts the clock after which it is given up.
   */
  add(call: BegunCall, patience: (giveUp: () => void) => { cancel(): void }): Promise<void>;
  readonly pending: number;
  idle(): Promise<void>;
};

export function createBeginWriter(options: {
  store: Pick<CallRecordStore, 'begin'>;
  /** It does not go out, and may be on record. */
  onInDoubt: (call: BegunCall) => void;
  onError: (error: unknown) => void;
}): BeginWriter {
  const { store, onInDoubt } = options;

  /** Answers, for each, why it was refused. */
  const write = async (batch: Waiting[]): Promise<(Error | null)[]> => {
    const refusals = new Map<Waiting, Error>();
    const wanted = batch.filter((each) => !each.givenUp);
    for (const [epoch, group] of Map.groupBy(wanted, ({ call }) => call.epoch))
      await writeGroup(epoch, group, refusals);
    for (const each of wanted) if (each.givenUp && !refusals.has(each)) onInDoubt(each.call);
    return batch.map((each) => refusals.get(each) ?? null);
  };

  const writeGroup = async (epoch: number, group: Waiting[], refusals: Map<Waiting, Error>): Promise<void> => {
    try {
      await store.begin(
        epoch,
        group.map(({ call }) => call.start),
      );
    } catch (error) {
      const refused = error instanceof Error ? error : new Error(String(error));
      // One call that cannot be stored must not refuse the others.
      if (!isDatabaseOutage(refused) && group.length > 1) {
        for (const each of group) await writeGroup(epoch, [each], refusals);
        return;
      }
      for (const each of group) {
        refusals.set(each, refused);
        if (isDatabaseOutage(refused)) onInDoubt(each.call);
      }
      options.onError(refused);
    }
  };

  const commit = createGroupCommit<Waiting, Error | null>({ write, maxBatch: 1000, parallel: 2 });
  return {
    add(call, patience) {
      const waiting: Waiting = { call, givenUp: false };
      return new Promise((resolve, reject) => {
        const timer = patience(() => {
          waiting.givenUp = true;
          reject(new Error('the database did not answer in time'));
        });
        const settle = (refusal: Error | null): void => {
          timer.cancel();
          if (refusal === null) resolve();
          else reject(refusal);
        };
        commit.add(waiting).then(settle, settle);
      });
    },
    get pending() {
      return commit.pending;
    },
    idle: () => commit.idle(),
  };
}
