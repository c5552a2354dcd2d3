import type { Readable } from 'node:stream';

type KeptBlob = { sha256: string; sizeBytes: number };

/**
 * Bytes that never change, under their own SHA-256: `archive/<team id>/<sha256>`. Retention by days leaves them alone.
 * What goes wrong in the store rejects with a BlobStoreError.
 */
export type KeptBlobs = {
  /**
   * Reads the stream to its end, in flat memory, and resolves when its bytes are durable. A stream that errors stores
   * nothing, and its error is passed on. Equal bytes are one blob; a damaged one is mended by being kept again.
   */
  keep: (teamId: string, bytes: Readable) => Promise<KeptBlob>;
  /**
   * The bytes as they are now, which need not be those that were kept: compare them with the hash. Null when there are
   * none. The caller consumes or destroys the stream.
   */
  open: (teamId: string, sha256: string) => Promise<{ sizeBytes: number; stream: Readable } | null>;
  /** Removes all that is kept for a team. What a bucket's object lock holds stays there as an older version. */
  removeTeam: (teamId: string) => Promise<void>;
};
