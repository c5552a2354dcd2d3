import type { Timers } from '../delivery/delivery-ports.ts';

/** Holds requests back for a moment: closed, it opens by itself after `longestMs`. */
export class Gate {
  private readonly timers: Timers;
  private readonly longestMs: number;
  private shut: { opened: Promise<void>; open: () => void } | null = null;

  constructor(timers: Timers, longestMs: number) {
    this.timers = timers;
    this.longestMs = longestMs;
  }

  /** Resolves when it opens, in the order of asking; null while it is open. */
  get opened(): Promise<void> | null {
    return this.shut?.opened ?? null;
  }

  /** Closed already, it stays closed for no longer than it would have. */
  close(): void {
    if (this.shut !== null) return;
    const { promise: opened, resolve } = Promise.withResolvers<void>();
    const timer = this.timers.after(this.longestMs, () => this.open());
    const open = (): void => {
      timer.cancel();
      resolve();
    };
    this.shut = { opened, open };
  }

  open(): void {
    this.shut?.open();
    this.shut = null;
  }
}
