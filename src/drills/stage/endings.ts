import { setTimeout as delay } from 'node:timers/promises';

/** What was made and has to be ended, the newest first. */
export type Endings = {
  add(what: string, end: () => Promise<unknown> | void): void;
  /** Ends everything, each within its time, whatever of it fails. Once: later additions are ended at once. */
  run(): Promise<void>;
};

const patienceMs = 20_000;

/** @param onFailure what could not be ended, or not in time; the rest goes on. */
export function createEndings(onFailure: (what: string, error: unknown) => void): Endings {
  const open: { what: string; end: () => Promise<unknown> | void }[] = [];
  let isOver = false;
  const endOne = async ({ what, end }: (typeof open)[number]): Promise<void> => {
    const over = new AbortController();
    const late = delay(patienceMs, 'late', { signal: over.signal, ref: false }).catch(() => 'over');
    try {
      if ((await Promise.race([(async () => end())(), late])) === 'late') {
        onFailure(what, new Error(`it did not end within ${patienceMs} ms`));
      }
    } catch (error) {
      onFailure(what, error);
    } finally {
      over.abort();
    }
  };
  return {
    add(what, end) {
      if (isOver) void endOne({ what, end });
      else open.push({ what, end });
    },
    async run() {
      isOver = true;
      for (let next = open.pop(); next !== undefined; next = open.pop()) await endOne(next);
    },
  };
}
