import type { BlobStore } from '../blobs/blob-store.ts';
import type { ConnectionDirectory } from '../connections/connection-config.ts';

/** What the archive's routes need beside the context of a request. */
export type ArchiveServices = {
  blobs: Pick<BlobStore, 'kept'>;
  connections: Pick<ConnectionDirectory, 'find' | 'awaitNew'>;
  /** A job is due now. */
  onJob: () => void;
  /** A verification was asked for. */
  onVerification: () => void;
  /** An operational event was committed. */
  onTold: () => void;
  onError: (error: unknown) => void;
  /** When a document that was verified now is verified again. */
  verifyInMs: () => number;
};
