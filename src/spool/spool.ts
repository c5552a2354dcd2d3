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
  /** Resolves when the record is on disk (fdatasync, many at once). Rejects with a SpoolError, and then it is not kept. */
  append(record: { head: string; body: Buffer }): Promise<void>;
  /** The oldest records that were not removed yet, at most so many and about so many bytes. Empty: there is none. */
  peek(mostRecords: number, mostBytes: number): Promise<SpoolRecord[]>;
  /** Removes the oldest `count` records durably; only what `peek` has shown. */
  remove(count: number): Promise<void>;
  state(): SpoolState;
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
