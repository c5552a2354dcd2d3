import type { CallEnd, CallLedger, CallStart } from '../../src/calls/call-ledger.ts';

/** A call ledger in memory: what began, and how it ended. */
export type MemoryCallLedger = CallLedger & {
  started: CallStart[];
  ended: CallEnd[];
  /** From now on `begin` rejects with this; null: it works again. */
  fail(error: Error | null): void;
  /** The end of a call, as soon as it is there. */
  endOf(callId: string): Promise<CallEnd>;
  /** The next call that ends. */
  nextEnd(): Promise<CallEnd>;
};

export function createMemoryCallLedger(): MemoryCallLedger {
  const started: CallStart[] = [];
  const ended: CallEnd[] = [];
  let listeners: ((end: CallEnd) => void)[] = [];
  let failure: Error | null = null;
  return {
    started,
    ended,
    fail(error) {
      failure = error;
    },
    async begin(start) {
      // As the real one: never before this turn is over.
      await Promise.resolve();
      if (failure !== null) throw failure;
      started.push(start);
    },
    end(end) {
      if (!started.some(({ id }) => id === end.id)) throw new Error(`${end.id} ended and never began`);
      if (ended.some(({ id }) => id === end.id)) throw new Error(`${end.id} ended twice`);
      ended.push(end);
      const heard = listeners;
      listeners = [];
      for (const listener of heard) listener(end);
    },
    endOf(callId) {
      const known = ended.find(({ id }) => id === callId);
      if (known !== undefined) return Promise.resolve(known);
      return this.nextEnd().then((end) => (end.id === callId ? end : this.endOf(callId)));
    },
    nextEnd: () => new Promise((resolve) => listeners.push(resolve)),
    get pending() {
      return 0;
    },
    stop: () => Promise.resolve(),
  };
}
