import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { openBlobStore } from '../../src/blobs/open-blob-store.ts';

/** A real blob store in a new folder, with nothing in it. */
export async function emptyBlobStore(): Promise<BlobStore> {
  return openBlobStore({ kind: 'folder' }, await mkdtemp(join(tmpdir(), 'posthorn-blobs-')));
}
