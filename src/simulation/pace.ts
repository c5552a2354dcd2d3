/** Real time, as it is handed in: Unix milliseconds, and a wait that ends early when it is aborted. */
export type RealTime = { now(): number; wait(ms: number, signal: AbortSignal): Promise<void> };

/** The time of a simulated world, in milliseconds since it began. */
export type Pace = { now(): number; until(dueMs: number, signal: AbortSignal): Promise<void> };

/** A world in which time passes `speed` times as fast; with Infinity it jumps to whatever is due next. */
export function createPace(speed: number, real: RealTime): Pace {
  if (speed === Number.POSITIVE_INFINITY) {
    let nowMs = 0;
    return {
      now: () => nowMs,
      async until(dueMs) {
        nowMs = Math.max(nowMs, dueMs);
      },
    };
  }
  const startMs = real.now();
  const now = (): number => (real.now() - startMs) * speed;
  return {
    now,
    async until(dueMs, signal) {
      const waitMs = (dueMs - now()) / speed;
      if (waitMs > 0) await real.wait(waitMs, signal);
    },
  };
}

/** A timer's longest delay; a longer wait is made of several. */
const longestTimerMs = 2 ** 31 - 1;

export const realTime: RealTime = {
  now: () => Date.now(),
  async wait(ms, signal) {
    for (let left = ms; left > 0 && !signal.aborted; left -= longestTimerMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, Math.min(left, longestTimerMs));
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        signal.addEventListener('abort', done, { once: true });
      });
    }
  },
};
