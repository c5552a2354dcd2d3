import type { Timers } from '../../src/delivery/delivery-ports.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One life of a node. When it crashes, nothing of it runs any more; while it is frozen, everything waits. */
export class Process implements Timers {
  readonly name: string;
  /** It ended without a goodbye, so what it had under way may be lost. */
  crashed = false;
  /** It was told to stop and has stopped. */
  left = false;
  frozenUntilMs = 0;
  /** It reaches neither database nor configuration until then; receivers it does reach. */
  cutUntilMs = 0;
  private readonly time: VirtualTime;

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.time = time;
  }

  get running(): boolean {
    return !this.crashed && !this.left;
  }

  /** Makes a callback one of this process's: it never runs after the crash, and late when the process is frozen. */
  own(run: () => void): () => void {
    return () => {
      if (this.crashed) return;
      if (this.frozenUntilMs > this.time.nowMs) this.time.after(this.frozenUntilMs - this.time.nowMs, this.own(run));
      else run();
    };
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    let cancelled = false;
    const owned = this.own(() => {
      if (!cancelled) run();
    });
    const timer = this.time.after(delayMs, owned);
    return {
      cancel() {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  defer(run: () => void): void {
    this.time.soon(this.own(run));
  }
}
