import type { Timers } from '../delivery/delivery-ports.ts';

/** Tries again and again what fails for now, until told to give up. */
export type Persistence = {
  /** @throws what `isPassing` says will not pass, or the last error after `giveUp` */
  insist(work: () => Promise<void>, isPassing: (error: unknown) => boolean): Promise<void>;
  giveUp(): void;
};

const firstWaitMs = 100;
const longestWaitMs = 5_000;

export function createPersistence(options: { timers: Timers; onError: (error: unknown) => void }): Persistence {
  let givenUp = false;
  const wakers = new Set<() => void>();

  const rest = (waitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = options.timers.after(waitMs, () => wake());
      const wake = (): void => {
        timer.cancel();
        wakers.delete(wake);
        resolve();
      };
      wakers.add(wake);
    });

  return {
    async insist(work, isPassing) {
      for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
        try {
          return await work();
        } catch (error) {
          if (givenUp || !isPassing(error)) throw error;
          options.onError(error);
          await rest(waitMs);
        }
      }
    },
    giveUp() {
      givenUp = true;
      for (const wake of wakers) wake();
    },
  };
}
