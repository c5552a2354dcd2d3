import type { Timers } from '../delivery/delivery-ports.ts';

/** Something that runs in the background of a node, one run at a time. */
export type Worker = {
  start(): void;
  /** Runs soon; a run under way is followed by another. */
  wake(): void;
  /** Resolves when the run under way has ended. */
  stop(): Promise<void>;
};

const failedRestMs = 5_000;

/**
 * Runs `run` at the start, when woken, and after each `pollEveryMs` of rest, or sooner when `run` answers so. A failed
 * run is told of and followed by the next poll; nothing ends the worker but `stop`.
 */
export function createWorker(options: {
  timers: Timers;
  /** Answers in how many milliseconds it wants to run again; null leaves it to the poll. Ends soon when `stopping`. */
  run: (stopping: () => boolean) => Promise<number | null>;
  onError: (error: unknown) => void;
  pollEveryMs: number;
}): Worker {
  let timer: { cancel(): void } | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = true;
  const isStopped = (): boolean => stopped;

  const later = (delayMs: number): void => {
    timer?.cancel();
    timer = options.timers.after(delayMs, wake);
  };

  const loop = async (): Promise<void> => {
    let delayMs = options.pollEveryMs;
    do {
      again = false;
      delayMs = options.pollEveryMs;
      try {
        delayMs = (await options.run(isStopped)) ?? options.pollEveryMs;
      } catch (error) {
        delayMs = failedRestMs;
        options.onError(error);
      }
    } while (again && !isStopped());
    running = null;
    if (!stopped) later(Math.min(delayMs, options.pollEveryMs));
  };

  const wake = (): void => {
    if (stopped) return;
    again = true;
    timer?.cancel();
    running ??= loop();
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      wake();
    },
    wake,
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
