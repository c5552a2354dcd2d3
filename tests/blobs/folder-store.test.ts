import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderBlobStore } from '../../src/blobs/folder-blob-store.ts';
import { blobStoreContract } from './blob-store.contract.ts';

blobStoreContract('the folder store', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'posthorn-blobs-'));
  return {
    store: createFolderBlobStore({ folder: join(parent, 'made', 'when', 'needed') }),
    close: () => rm(parent, { recursive: true }),
  };
});
