import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, link, open, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { keptBlobKey, keptTeamFolder } from './blob-key.rules.ts';
import type { BlobStoreError } from './blob-store.ts';
import { writeStreamDraft } from './drafts.ts';
import { type DurableFolders, syncFolder } from './durable-folders.ts';
import type { KeptBlobs } from './kept-blobs.ts';

/** File systems without hard links; a rename to the name of the content can replace nothing but that content. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Blobs that are kept, as files that nobody may write (mode 0444), `<folder>/archive/<team id>/<sha256>`. */
export function createFolderKeptBlobs(options: {
  folder: string;
  folders: DurableFolders;
  failure: (doing: string, error: unknown) => BlobStoreError;
}): KeptBlobs {
  const { folder, folders, failure } = options;

  async function openKept(path: string): Promise<FileHandle | null> {
    try {
      return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw failure('read', error);
    }
  }

  async function isIntact(path: string, sha256: string): Promise<boolean> {
    const file = await openKept(path);
    if (file === null) return false;
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream()) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256;
  }

  async function name(draft: string, path: string, sha256: string): Promise<void> {
    try {
      await link(draft, path);
    } catch (error) {
      const code = codeOf(error);
      const isTaken = code === 'EEXIST' && (await isIntact(path, sha256));
      if (isTaken) return;
      if (code !== 'EEXIST' && !withoutLinks.has(code)) throw error;
      await rename(draft, path);
    }
  }

  return {
    async keep(teamId, bytes) {
      const home = join(folder, keptTeamFolder(teamId));
      const explain = (error: unknown): BlobStoreError => failure('written', error);
      try {
        await folders.ensure(home);
        // It may have been removed since it was made, by another node too.
        await access(home).catch(() => {
          folders.forget();
          return folders.ensure(home);
        });
      } catch (error) {
        bytes.destroy();
        throw explain(error);
      }
      const { path: draft, sha256, sizeBytes } = await writeStreamDraft(home, bytes, { mode: 0o444, explain });
      try {
        await name(draft, join(folder, keptBlobKey({ teamId, sha256 })), sha256);
        await unlink(draft).catch(ignoreGone);
        await syncFolder(home);
        return { sha256, sizeBytes };
      } catch (error) {
        await unlink(draft).catch(() => undefined);
        throw explain(error);
      }
    },

    async open(teamId, sha256) {
      const file = await openKept(join(folder, keptBlobKey({ teamId, sha256 })));
      if (file === null) return null;
      try {
        const { size } = await file.stat();
        return { sizeBytes: size, stream: file.createReadStream() };
      } catch (error) {
        await file.close();
        throw failure('read', error);
      }
    },

    async removeTeam(teamId) {
      const home = join(folder, keptTeamFolder(teamId));
      try {
        await rm(home, { recursive: true, force: true, maxRetries: 3 });
        await syncFolder(join(home, '..')).catch(ignoreGone);
      } catch (error) {
        throw failure('emptied', error);
      } finally {
        folders.forget();
      }
    },
  };
}

function ignoreGone(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
