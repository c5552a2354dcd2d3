import type { Timers } from './clock.ts';

/**
 * Waits for work, and no longer than `patienceMs`.
 * @returns false when it is late: the work goes on, and what it rejects with is nobody's any more.
 * @throws what the work rejects with in time
 */
export async function inTime(timers: Timers, work: Promise<unknown>, patienceMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const patience = timers.after(patienceMs, () => resolve(false));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    patience.cancel();
  }
}
