import type { Readable } from 'node:stream';
import type { KeptBlobs } from './kept-blobs.ts';

/**
 * Where bodies live that are too large for a row. Keys are `<yyyymmdd>/<team id>/<blob id>`, so that retention drops
 * whole days. Every method rejects with a BlobStoreError when the store is out of reach, full or refuses.
 */
export type BlobStore = {
  /** Resolves when the bytes are durable. The same key with the same bytes may be put again. */
  put(key: string, body: Buffer): Promise<void>;
  /** Null when there is no such blob. */
  get(key: string): Promise<Buffer | null>;
  /** For answering a download: null when there is no such blob. The caller consumes or destroys the stream. */
  open(key: string): Promise<{ sizeBytes: number; stream: Readable } | null>;
  /** What is kept for good, beside the days. */
  readonly kept: KeptBlobs;
  /** Every day for which blobs may exist, as `yyyymmdd`. */
  days(): Promise<string[]>;
  /** Removes a day's blobs: of one team, or of all. */
  removeDay(day: string, teamId?: string): Promise<void>;
  /** Writes, reads and removes a probe: what /readyz and the doctor ask. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** The store could not do it: `full` when it has no room, else it is out of reach or refuses. */
export class BlobStoreError extends Error {
  readonly full: boolean;

  constructor(message: string, options: { full?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BlobStoreError';
    this.full = options.full ?? false;
  }
}
