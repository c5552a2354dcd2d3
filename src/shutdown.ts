import type { Timers } from './clock.ts';
import { type CleanUp, stopInOrder } from './stop-in-order.ts';
import type { Log } from './telemetry/log.ts';

/** Beyond the time for what is under way: for everything that ends by itself. */
const extraMs = 10_000;

/** What a node has started, for its end. */
export type Shutdown = {
  /** Milliseconds that what is under way may take. */
  readonly underWayMs: number;
  /** It was told to: everything goes on while whoever balances load learns to go elsewhere. */
  readonly isLeaving: boolean;
  /** Nothing new is taken any more. */
  readonly isStopping: boolean;
  /** Stopped before what was added earlier; named in the log when it does not end. */
  add(what: string, stop: CleanUp['stop'], atMostMs?: number): void;
  /** Leaves, and after `drainSeconds` stops. @returns what `run` does */
  leave(): Promise<boolean>;
  /**
   * Stops everything within `underWayMs` and ten seconds.
   * @returns false when something did not end: then only the end of the process ends it
   */
  run(): Promise<boolean>;
};

export function createShutdown(options: {
  drainSeconds: number;
  shutdownSeconds: number;
  timers: Timers;
  monotonicMs: () => number;
  log: Log;
}): Shutdown {
  const { timers, monotonicMs, log, drainSeconds } = options;
  const underWayMs = options.shutdownSeconds * 1000;
  const cleanUps: CleanUp[] = [];
  let isLeaving = false;
  let isStopping = false;

  const run = async (): Promise<boolean> => {
    isLeaving = isStopping = true;
    const everythingEnded = await stopInOrder(cleanUps.splice(0), {
      withinMs: underWayMs + extraMs,
      timers,
      monotonicMs,
      onLate: (what) => log.error({ what }, 'did not stop in time and is left behind'),
      onError: (what, error) => log.warn({ what, error }, 'did not stop as it should'),
    });
    log.info({ everythingEnded }, 'stopped');
    return everythingEnded;
  };

  return {
    underWayMs,
    get isLeaving() {
      return isLeaving;
    },
    get isStopping() {
      return isStopping;
    },
    add: (what, stop, atMostMs) => void cleanUps.push({ what, stop, ...(atMostMs === undefined ? {} : { atMostMs }) }),
    async leave() {
      isLeaving = true;
      log.info({ drainSeconds }, 'stopping');
      if (drainSeconds > 0) await new Promise<void>((resolve) => timers.after(drainSeconds * 1000, resolve));
      return run();
    },
    run,
  };
}
