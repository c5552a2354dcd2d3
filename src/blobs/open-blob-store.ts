import { join } from 'node:path';
import type { BlobStore } from './blob-store.ts';
import { createFolderBlobStore } from './folder-blob-store.ts';
import type { ObjectLock } from './object-lock.rules.ts';
import { createS3BlobStore } from './s3-blob-store.ts';
import type { S3Location } from './s3-client.ts';

/** Where bodies live. `prefix` is '' or a path without slashes around it. Both parts of the access key are secrets. */
export type BlobSettings =
  | { kind: 'folder' }
  /** `objectLock` is for what is kept for good: archived documents. */
  | ({ kind: 's3'; prefix: string; objectLock?: ObjectLock | null } & S3Location);

/** The store that the settings ask for: a bucket, or the folder `blobs` in the data folder. Connects to nothing yet. */
export function openBlobStore(
  settings: BlobSettings,
  dataFolder: string,
  options: {
    /** Certificate authorities that S3 may use, beside the public ones. */
    caPem?: string | null;
    /** Is told what goes wrong in the background. */
    onError?: (error: unknown) => void;
  } = {},
): BlobStore {
  const { caPem, onError } = options;
  if (settings.kind === 'folder') {
    return createFolderBlobStore({ folder: join(dataFolder, 'blobs'), ...(onError === undefined ? {} : { onError }) });
  }
  const { kind: _kind, ...s3 } = settings;
  const draftFolder = join(dataFolder, 'drafts');
  return createS3BlobStore({ ...s3, draftFolder, ...(caPem === undefined || caPem === null ? {} : { caPem }) });
}
