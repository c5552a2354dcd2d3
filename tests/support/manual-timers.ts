/** Timers that run when the test says so, by their own clock. */
export type ManualTimers = {
  after(delayMs: number, run: () => void): { cancel(): void };
  /** Delays of what is waiting, soonest first. */
  readonly waiting: number[];
  /** Lets time pass and runs what has become due. */
  advance(ms: number): void;
  now(): number;
};

export function createManualTimers(startMs = 0): ManualTimers {
  let nowMs = startMs;
  let entries: { atMs: number; run: () => void }[] = [];
  return {
    after(delayMs, run) {
      const entry = { atMs: nowMs + delayMs, run };
      entries.push(entry);
      return {
        cancel() {
          entries = entries.filter((each) => each !== entry);
        },
      };
    },
    get waiting() {
      return entries.map((entry) => entry.atMs - nowMs).sort((a, b) => a - b);
    },
    advance(ms) {
      nowMs += ms;
      const due = entries.filter((entry) => entry.atMs <= nowMs);
      entries = entries.filter((entry) => entry.atMs > nowMs);
      for (const entry of due) entry.run();
    },
    now: () => nowMs,
  };
}
