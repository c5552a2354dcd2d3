import type { Timers } from '../clock.ts';

/** Writes what is gathered in memory: a second after the first of it came, all in one; nothing while nothing comes. */
export type DelayedWriter = {
  /** Something has come. */
  came(): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

const writeEveryMs = 1_000;
const longestWaitMs = 30_000;

/**
 * An outage of the database is sat out: a batch whose write failed, or whose outcome is unknown, is put back and written
 * again, after waits that double up to half a minute.
 */
export function createDelayedWriter<Batch>(options: {
  timers: Timers;
  isEmpty: () => boolean;
  /** What was gathered; from then on there is nothing. */
  take: () => Batch;
  write: (batch: Batch) => Promise<void>;
  /** Under what came meanwhile. */
  putBack: (batch: Batch) => void;
  /** It would be refused for ever: the batch is let go. */
  isHopeless?: (error: unknown) => boolean;
  onError: (error: unknown) => void;
}): DelayedWriter {
  const { timers, isEmpty } = options;
  let timer: { cancel(): void } | null = null;
  let writing: Promise<void> | null = null;
  let running = false;
  let waitMs = writeEveryMs;

  const came = (): void => {
    if (!running || timer !== null || writing !== null || isEmpty()) return;
    timer = timers.after(waitMs, () => {
      timer = null;
      void flush();
    });
  };

  const flush = (): Promise<void> => {
    const batch = options.take();
    writing = options
      .write(batch)
      .then(
        () => {
          waitMs = writeEveryMs;
        },
        (error: unknown) => {
          options.onError(error);
          if (options.isHopeless?.(error) === true) return;
          options.putBack(batch);
          waitMs = Math.min(waitMs * 2, longestWaitMs);
        },
      )
      .finally(() => {
        writing = null;
        came();
      });
    return writing;
  };

  return {
    came,
    start() {
      running = true;
      came();
    },
    async stop() {
      running = false;
      timer?.cancel();
      timer = null;
      await writing;
      if (!isEmpty()) await flush();
    },
  };
}
