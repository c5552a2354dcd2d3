/**
 * Group commit: what arrives while one batch is being written forms the next batch, so that the number of commits
 * follows the disk and not the load. Each item is answered after the batch that holds it is durable.
 */
export type GroupCommit<Item, Answer> = {
  /** Resolves with the item's own answer, rejects with what `write` threw for its batch. */
  add(item: Item): Promise<Answer>;
  /** Without a promise for each: `onWritten` tells of the whole batch. */
  push(item: Item): void;
  /** Items that wait or are being written. */
  readonly pending: number;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
};

export function createGroupCommit<Item, Answer>(options: {
  /** Writes a batch in one transaction and answers in its order. Must not be partly done when it throws. */
  write(batch: Item[]): Promise<Answer[]>;
  maxBatch: number;
  /** An item's size in bytes, and how many a batch may have; one item alone may have more. */
  weigh?: (item: Item) => number;
  maxBytes?: number;
  /** A batch is durable, and no longer counted as pending. */
  onWritten?: (batch: Item[]) => void;
  /** A batch was not written; who added an item hears of it, who pushed one hears of it here. */
  onFailed?: (error: unknown) => void;
  /** Batches under way at once. */
  parallel: number;
  /** Runs its argument when this turn of the event loop is over: setImmediate, but for the simulation. */
  defer?: (run: () => void) => void;
}): GroupCommit<Item, Answer> {
  type Adder = { resolve(answer: Answer): void; reject(reason: unknown): void };
  type Waiting = { item: Item; adder: Adder | null };
  const defer = options.defer ?? setImmediate;
  let waiting: Waiting[] = [];
  let writing = 0;
  let pending = 0;
  let scheduled = false;
  let idleWaiters: (() => void)[] = [];

  const start = (): void => {
    scheduled = false;
    while (writing < options.parallel && waiting.length > 0) {
      const size = batchSize();
      const batch = size === waiting.length ? waiting : waiting.slice(0, size);
      waiting = batch === waiting ? [] : waiting.slice(size);
      writing += 1;
      void run(batch);
    }
  };

  const batchSize = (): number => {
    const most = Math.min(waiting.length, options.maxBatch);
    const { weigh, maxBytes } = options;
    if (weigh === undefined || maxBytes === undefined) return most;
    let bytes = 0;
    for (let count = 0; count < most; count += 1) {
      bytes += weigh((waiting[count] as Waiting).item);
      if (bytes > maxBytes && count > 0) return count;
    }
    return most;
  };

  const run = async (batch: Waiting[]): Promise<void> => {
    const items = batch.map((entry) => entry.item);
    let written = true;
    try {
      const answers = await options.write(items);
      for (let index = 0; index < batch.length; index += 1) batch[index]?.adder?.resolve(answers[index] as Answer);
    } catch (error) {
      written = false;
      for (const { adder } of batch) adder?.reject(error);
      options.onFailed?.(error);
    }
    writing -= 1;
    pending -= batch.length;
    if (written) options.onWritten?.(items);
    if (pending === 0) {
      for (const wake of idleWaiters) wake();
      idleWaiters = [];
    }
    schedule();
  };

  // One turn of the event loop gathers everything that its sockets brought before the batch is cut.
  const schedule = (): void => {
    if (scheduled || waiting.length === 0 || writing >= options.parallel) return;
    scheduled = true;
    defer(start);
  };

  return {
    add(item) {
      pending += 1;
      return new Promise<Answer>((resolve, reject) => {
        waiting.push({ item, adder: { resolve, reject } });
        schedule();
      });
    },
    push(item) {
      pending += 1;
      waiting.push({ item, adder: null });
      schedule();
    },
    get pending() {
      return pending;
    },
    idle: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
  };
}
