import type { Timers } from '../../src/delivery/delivery-ports.ts';

type Entry = { atMs: number; order: number; run: (() => void) | null };

/**
 * A clock and an event loop of its own: callbacks run in the order of their moments, equal moments in the order of
 * their making, and time jumps from one to the next. Between two callbacks every promise that can settle settles.
 */
export class VirtualTime implements Timers {
  nowMs: number;
  turns = 0;
  private readonly heap: Entry[] = [];
  private order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    this.order += 1;
    // Like Node's timers: whole milliseconds, at least one.
    const entry: Entry = { atMs: this.nowMs + Math.max(1, Math.floor(delayMs)), order: this.order, run };
    this.push(entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  /** Later in this very moment, as setImmediate would. */
  soon(run: () => void): void {
    this.order += 1;
    this.push({ atMs: this.nowMs, order: this.order, run });
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Lets time go by until `done` or `untilMs`. @returns whether it was `done` that ended it. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    await promisesSettled();
    while (!done()) {
      const entry = this.heap[0];
      if (entry === undefined || entry.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return false;
      }
      this.pop();
      if (entry.run === null) continue;
      this.nowMs = entry.atMs;
      this.turns += 1;
      entry.run();
      await promisesSettled();
    }
    return true;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(entry, heap[parent] as Entry)) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!earlier(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

function earlier(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** All promise callbacks run before the event loop turns: one real turn of it is enough for any chain of them. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
