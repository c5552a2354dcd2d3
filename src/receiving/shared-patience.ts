import type { Timers } from '../delivery/delivery-ports.ts';

const steps = 8;

/**
 * Many who wait equally long for something that nearly always comes: one timer for all of them, where a timer each would
 * cost more than the waiting. Whoever runs out of patience does so up to an eighth late.
 */
export class SharedPatience {
  private readonly timers: Timers;
  private readonly stepMs: number;
  /** By the step in which they came, eldest first. */
  private waves: Set<() => void>[] = [new Set()];
  private isTicking = false;

  constructor(timers: Timers, patienceMs: number) {
    this.timers = timers;
    this.stepMs = patienceMs / steps;
  }

  /** Resolves as the work does, or with 'late'; the work goes on then. */
  async race<T>(work: Promise<T>): Promise<T | 'late'> {
    const wave = this.waves[this.waves.length - 1] as Set<() => void>;
    const { promise, resolve, reject } = Promise.withResolvers<T | 'late'>();
    const runOut = (): void => resolve('late');
    wave.add(runOut);
    this.tick();
    work.then(resolve, reject);
    try {
      return await promise;
    } finally {
      wave.delete(runOut);
    }
  }

  private tick(): void {
    if (this.isTicking) return;
    this.isTicking = true;
    this.timers.after(this.stepMs, () => {
      this.isTicking = false;
      this.waves.push(new Set());
      const runOut = this.waves.length > steps + 1 ? this.waves.shift() : undefined;
      for (const each of runOut ?? []) each();
      if (this.waves.some((wave) => wave.size > 0)) this.tick();
    });
  }
}
