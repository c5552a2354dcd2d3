/** An answer as it is answered again. `headers` are flat: name, value, name, value. */
export type KeptAnswer = { status: number; headers: readonly string[]; body: Buffer; storedAtMs: number };

/** What tells answers apart. Credentials do not: whoever may call through a connection sees what it sees. */
export type AnswerKey = {
  connectionId: string;
  method: string;
  /** With its query, exactly as it is sent. */
  path: string;
  /** The Accept header; null when there was none. */
  accept: string | null;
};

/**
 * Answers in memory over all connections of this node, the one used longest ago going first, both beyond the bound of
 * a connection and beyond the bound of all.
 */
export type AnswerCache = {
  get(key: AnswerKey, maxAgeMs: number, nowMs: number): KeptAnswer | null;
  /**
   * False when it is not kept: larger than the bound, not a whole 200, or encoded, which not every caller reads.
   * @param maxBytes the bound of this connection; 0 keeps nothing
   */
  put(key: AnswerKey, answer: KeptAnswer, maxBytes: number): boolean;
  /** Forgets all of a connection: it was changed, paused or deleted. */
  forget(connectionId: string): void;
  readonly sizeBytes: number;
};

type Entry = { connectionId: string; answer: KeptAnswer; sizeBytes: number };
type Share = { sizeBytes: number; names: Set<string> };

/** What an entry costs beside its texts and bytes, roughly. */
const overheadBytes = 512;

/** @param options.maxBytes of all connections together */
export function createAnswerCache(options: { maxBytes: number }): AnswerCache {
  /** In the order of their last use, as are the names of a share. */
  const entries = new Map<string, Entry>();
  const shares = new Map<string, Share>();
  let sizeBytes = 0;

  function remove(name: string): void {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entries.delete(name);
    sizeBytes -= entry.sizeBytes;
    const share = shares.get(entry.connectionId);
    if (share === undefined) return;
    share.names.delete(name);
    share.sizeBytes -= entry.sizeBytes;
    if (share.names.size === 0) shares.delete(entry.connectionId);
  }

  function add(name: string, entry: Entry): void {
    const share = shares.get(entry.connectionId) ?? { sizeBytes: 0, names: new Set<string>() };
    shares.set(entry.connectionId, share);
    entries.set(name, entry);
    share.names.add(name);
    share.sizeBytes += entry.sizeBytes;
    sizeBytes += entry.sizeBytes;
  }

  return {
    get(key, maxAgeMs, nowMs) {
      const name = nameOf(key);
      const entry = entries.get(name);
      if (entry === undefined) return null;
      remove(name);
      const ageMs = nowMs - entry.answer.storedAtMs;
      // A clock that was set back makes an answer's age unknown.
      if (ageMs < 0 || ageMs >= maxAgeMs) return null;
      add(name, entry);
      return entry.answer;
    },

    put(key, answer, maxBytes) {
      const name = nameOf(key);
      remove(name);
      const bound = Math.min(maxBytes, options.maxBytes);
      const entrySize = sizeOf(name, answer);
      if (!isKept(answer) || entrySize > bound) return false;
      while ((shares.get(key.connectionId)?.sizeBytes ?? 0) + entrySize > bound)
        removeOldest(shares.get(key.connectionId)?.names);
      while (sizeBytes + entrySize > options.maxBytes) removeOldest(entries);
      // A slice of a larger buffer would keep all of that.
      const isSlice = answer.body.byteLength < answer.body.buffer.byteLength;
      const kept = isSlice ? { ...answer, body: copyOf(answer.body) } : answer;
      add(name, { connectionId: key.connectionId, answer: kept, sizeBytes: entrySize });
      return true;
    },

    forget(connectionId) {
      for (const name of shares.get(connectionId)?.names ?? []) remove(name);
    },

    get sizeBytes() {
      return sizeBytes;
    },
  };

  function removeOldest(names: { keys(): Iterable<string> } | undefined): void {
    for (const name of names?.keys() ?? []) {
      remove(name);
      return;
    }
  }
}

/** In memory of its own: `Buffer.from` takes small copies from a pool. */
function copyOf(body: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(body.length);
  body.copy(copy);
  return copy;
}

function nameOf({ connectionId, method, path, accept }: AnswerKey): string {
  return JSON.stringify([connectionId, method, path, accept]);
}

function sizeOf(name: string, { headers, body }: KeptAnswer): number {
  return headers.reduce((sum, text) => sum + text.length, name.length + body.length + overheadBytes);
}

/** Cache-Control is not asked: what is immutable is known from the provider's profile, and the policy wants it kept. */
function isKept({ status, headers }: KeptAnswer): boolean {
  if (status !== 200) return false;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    const value = (headers[index + 1] as string).toLowerCase();
    if (name === 'content-encoding' && value !== 'identity') return false;
    if (name === 'vary' && value.includes('*')) return false;
  }
  return true;
}
