/** What is known of the spool from outside: for /readyz and metrics. */
export type SpoolState = {
  records: number;
  bytes: number;
  maxBytes: number;
  oldestAtMs: number | null;
  failing: boolean;
};

/** One record as it is read back: the head is JSON of the caller's making. */
export type SpoolRecord = { head: string; body: Buffer; appendedAtMs: number };

/**
 * A bounded, append-only log on the local disk, for what was verified while the database is away. Records come back in
 * the order they were appended. What `append` resolved for survives a kill at any point; a torn tail is cut off.
 */
export type Spool = {
  /**
   * Resolves when the record is on disk (fdatasync, many at once). Rejects with a SpoolError, and then it is not kept; only
   * if the process ends before the disk takes records again may it come back. The body must not be changed meanwhile.
   */
  append(record: { head: string; body: Buffer }): Promise<void>;
  /**
   * The oldest records that were not removed yet, at most so many and about so many bytes, but one at least. Empty: there
   * is none. A body is a view of what was read with it: one that is kept keeps up to 1 MiB in memory.
   */
  peek(mostRecords: number, mostBytes: number): Promise<SpoolRecord[]>;
  /**
   * Removes the oldest `count` records durably. Rejects with a SpoolError, and then they are still there.
   * @throws RangeError for more than `peek` has shown
   */
  remove(count: number): Promise<void>;
  state(): SpoolState;
  /** Waits for what was appended, then refuses everything. */
  close(): Promise<void>;
};

export class SpoolError extends Error {
  /** `full`: there is no room; `failed`: the disk refuses. */
  readonly kind: 'full' | 'failed';

  constructor(kind: 'full' | 'failed', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SpoolError';
    this.kind = kind;
  }
}
