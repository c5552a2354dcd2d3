import { type DedupeStore, defaultClaimMs, defaultTtlMs, requirePositive } from './dedupe-store.ts';

export type MemoryStoreOptions = {
  /** How many ids are remembered; the oldest are forgotten first. 100,000 unless given, about 30 MB. */
  maxIds?: number;
  /** How long an id is remembered; a week unless given. */
  ttlMs?: number;
  /** After so long a claim that was neither finished nor released is given up; five minutes unless given. */
  claimMs?: number;
  /** A clock that never steps, in milliseconds. */
  now?: () => number;
};

/** Remembers in this process alone, until it ends: for one process whose handlers do no harm when repeated. */
export function memoryStore(options: MemoryStoreOptions = {}): DedupeStore {
  const { maxIds = 100_000, ttlMs = defaultTtlMs, claimMs = defaultClaimMs, now = () => performance.now() } = options;
  requirePositive({ maxIds, ttlMs, claimMs });
  // In the order of their last change, so that the first is the oldest.
  const known = new Map<string, { done: boolean; expiresAtMs: number }>();

  const remember = (id: string, done: boolean): void => {
    known.delete(id);
    known.set(id, { done, expiresAtMs: now() + (done ? ttlMs : claimMs) });
    if (known.size > maxIds) forgetOldest();
  };

  /** What is being worked on stays, even if that is more than `maxIds`. */
  const forgetOldest = (): void => {
    for (const [id, { done, expiresAtMs }] of known) {
      if (!done && expiresAtMs > now()) continue;
      known.delete(id);
      return;
    }
  };

  return {
    claim(id) {
      const entry = known.get(id);
      if (entry !== undefined && entry.expiresAtMs > now()) return Promise.resolve(entry.done ? 'done' : 'busy');
      remember(id, false);
      return Promise.resolve('new');
    },
    done(id) {
      remember(id, true);
      return Promise.resolve();
    },
    release(id) {
      if (known.get(id)?.done === false) known.delete(id);
      return Promise.resolve();
    },
  };
}
