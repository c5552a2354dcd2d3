import type pg from 'pg';
import type { Clock, Timers } from '../clock.ts';
import { createDelayedWriter } from '../database/delayed-writer.ts';
import { addToTrafficWindows, type Traffic } from './traffic-window.store.ts';

/** Counts what the gateway does by windows of five minutes; all that came within a second is one statement. */
export type TrafficCounter = {
  /** Costs a look into a map of a few. */
  count(what: keyof Traffic): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

export const trafficWindowSeconds = 300;
const windowMs = trafficWindowSeconds * 1000;

/**
 * An outage of the database is sat out: what comes meanwhile is kept by its window. A write whose outcome is unknown is
 * written again, so that a window may then count a moment twice.
 */
export function createTrafficCounter(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): TrafficCounter {
  let windows = new Map<number, Traffic>();

  const windowOf = (startMs: number): Traffic => {
    let window = windows.get(startMs);
    if (window === undefined) {
      window = { accepted: 0, attempted: 0, called: 0 };
      windows.set(startMs, window);
    }
    return window;
  };

  const writer = createDelayedWriter({
    timers: options.timers,
    isEmpty: () => windows.size === 0,
    take() {
      const taken = windows;
      windows = new Map();
      return taken;
    },
    write: (taken) => addToTrafficWindows(options.database, taken),
    putBack(taken) {
      for (const [startMs, { accepted, attempted, called }] of taken) {
        const window = windowOf(startMs);
        window.accepted += accepted;
        window.attempted += attempted;
        window.called += called;
      }
    },
    onError: options.onError,
  });

  return {
    count(what) {
      windowOf(Math.floor(options.clock.now() / windowMs) * windowMs)[what] += 1;
      writer.came();
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
