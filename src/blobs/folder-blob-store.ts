import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { isBlobDay, isBlobTeam, parseBlobKey } from './blob-key.rules.ts';
import { type BlobStore, BlobStoreError } from './blob-store.ts';
import { newDraftName, sweepDrafts } from './drafts.ts';
import { createDurableFolders, syncFolder } from './durable-folders.ts';
import { describeFolderFailure } from './folder-failure.rules.ts';
import { createFolderKeptBlobs } from './folder-kept-blobs.ts';

const draftsAreOldAfterMs = 60 * 60_000;
const mostTries = 5;

/**
 * Blobs as files, `<folder>/<day>/<team id>/<blob id>`: files have mode 0600, folders 0700. A blob has its name only when
 * it is whole and on disk. Several nodes may share the folder. What the sweep at the start meets goes to `onError`.
 */
export function createFolderBlobStore(options: {
  folder: string;
  onError?: (error: unknown) => void;
  clock?: Clock;
}): BlobStore {
  const folder = resolve(options.folder);
  const { onError = () => undefined, clock = { now: Date.now } } = options;
  const folders = createDurableFolders(folder);
  let closed = false;
  const sweeping = sweepDrafts({
    folder,
    olderThanMs: clock.now() - draftsAreOldAfterMs,
    stopped: () => closed,
  }).catch((error: unknown) => onError(failure('swept', error)));

  function failure(doing: string, error: unknown): BlobStoreError {
    if (error instanceof BlobStoreError) return error;
    const { full, message } = describeFolderFailure(doing, folder, codeOf(error));
    return new BlobStoreError(message, { full, cause: error });
  }

  async function writeDraft(home: string, body: Buffer): Promise<string> {
    const draft = join(home, newDraftName());
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(body);
      await file.datasync();
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    return draft;
  }

  async function write(home: string, name: string, body: Buffer): Promise<void> {
    await folders.ensure(home);
    const draft = await writeDraft(home, body);
    try {
      await rename(draft, join(home, name));
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    await syncFolder(home);
  }

  return {
    kept: createFolderKeptBlobs({ folder, folders, failure }),

    async put(key, body) {
      const { day, teamId, blobId } = placeOf(key);
      const home = join(folder, day, teamId);
      for (let tries = 1; ; tries += 1) {
        try {
          await write(home, blobId, body);
          return;
        } catch (error) {
          // The day was removed in between, by us or by another node: its folders are made again.
          folders.forget();
          if (codeOf(error) !== 'ENOENT' || tries === mostTries) throw failure('written', error);
        }
      }
    },

    async get(key) {
      const file = await openBlob(key);
      if (file === null) return null;
      try {
        return await file.readFile();
      } catch (error) {
        throw failure('read', error);
      } finally {
        await file.close();
      }
    },

    async open(key) {
      const file = await openBlob(key);
      if (file === null) return null;
      try {
        const { size } = await file.stat();
        return { sizeBytes: size, stream: file.createReadStream() };
      } catch (error) {
        await file.close();
        throw failure('read', error);
      }
    },

    async days() {
      try {
        const entries = await readdir(folder, { withFileTypes: true });
        const days = entries.filter((entry) => entry.isDirectory() && isBlobDay(entry.name));
        return days.map(({ name }) => name).sort();
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw failure('read', error);
      }
    },

    async removeDay(day, teamId) {
      if (!isBlobDay(day) || (teamId !== undefined && !isBlobTeam(teamId))) {
        throw new BlobStoreError('Not the day and team of any blob.');
      }
      const home = join(folder, day);
      try {
        await rm(teamId === undefined ? home : join(home, teamId), { recursive: true, force: true, maxRetries: 3 });
        if (teamId !== undefined) await removeEmpty(home);
        await syncFolder(folder).catch(ignoreGone);
      } catch (error) {
        throw failure('emptied', error);
      } finally {
        folders.forget();
      }
    },

    async check() {
      const probe = randomBytes(64);
      try {
        await folders.ensure(folder);
        const draft = await writeDraft(folder, probe);
        const read = await readFile(draft);
        await unlink(draft);
        if (!read.equals(probe))
          throw new BlobStoreError(`The blob folder ${folder} gives back other bytes than it took.`);
      } catch (error) {
        folders.forget();
        throw failure('written', error);
      }
    },

    async close() {
      closed = true;
      await sweeping;
    },
  };

  async function openBlob(key: string) {
    const { day, teamId, blobId } = placeOf(key);
    try {
      return await open(join(folder, day, teamId, blobId), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw failure('read', error);
    }
  }
}

/** Removes the folder of a day when no team has blobs in it any more. */
async function removeEmpty(home: string): Promise<void> {
  try {
    await rmdir(home);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error))) throw error;
    // It stays, without the team.
    await syncFolder(home).catch(ignoreGone);
  }
}

function placeOf(key: string) {
  const place = parseBlobKey(key);
  if (place === null) throw new BlobStoreError('Not a key of a blob: it is <yyyymmdd>/<team id>/<blob id>.');
  return place;
}

function ignoreGone(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
