import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, opendir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { isBlobDay, isBlobTeam, isKeptFolder } from './blob-key.rules.ts';

const shape = /^\.draft-[0-9a-f]{24}$/;

/** The name of a file that is being written: never the name of a blob. */
export function newDraftName(): string {
  return `.draft-${randomBytes(12).toString('hex')}`;
}

/**
 * Removes drafts last written before `olderThanMs` (Unix): a crash left them. Younger ones may be somebody's work, since
 * several nodes may share the folder. Ends early when `stopped` says so; what vanishes meanwhile is no error.
 */
export async function sweepDrafts(options: {
  folder: string;
  olderThanMs: number;
  stopped: () => boolean;
}): Promise<void> {
  const { folder, olderThanMs, stopped } = options;
  const sweep = async (path: string, below: ((name: string) => boolean)[]): Promise<void> => {
    const [isBelow, ...deeper] = below;
    for (const { name, isFolder } of await entriesOf(path)) {
      if (stopped()) return;
      const entry = join(path, name);
      if (!isFolder) await removeOld(entry, olderThanMs);
      else if (isBelow?.(name) === true) await sweep(entry, deeper);
    }
  };
  await sweep(folder, [(name) => isBlobDay(name) || isKeptFolder(name), isBlobTeam]);
}

/** A stream on disk: durable, whole, not yet under its name. `sha256` in hex, `md5` in base64. */
export type StreamDraft = { path: string; sha256: string; md5: string; sizeBytes: number };

/**
 * Writes a stream to a draft, a chunk at a time. Nothing is left when it errors, whose error is passed on; what goes wrong
 * with the file passes through `explain`.
 */
export async function writeStreamDraft(
  home: string,
  bytes: Readable,
  options: { mode: number; explain: (error: unknown) => Error },
): Promise<StreamDraft> {
  const path = join(home, newDraftName());
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let sizeBytes = 0;
  const orExplain = <Done>(done: Promise<Done>): Promise<Done> =>
    done.catch((error: unknown) => {
      throw options.explain(error);
    });
  let file: FileHandle | null = null;
  try {
    file = await orExplain(open(path, 'wx', 0o600));
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      sha256.update(chunk);
      md5.update(chunk);
      sizeBytes += chunk.length;
      await orExplain(file.writeFile(chunk));
    }
    await orExplain(file.chmod(options.mode));
    await orExplain(file.sync());
    return { path, sha256: sha256.digest('hex'), md5: md5.digest('base64'), sizeBytes };
  } catch (error) {
    bytes.destroy();
    if (file !== null) await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file?.close();
  }
}

/** The drafts and folders of a folder; blobs, which may be many, are not kept in memory. */
async function entriesOf(path: string): Promise<{ name: string; isFolder: boolean }[]> {
  const found: { name: string; isFolder: boolean }[] = [];
  try {
    for await (const entry of await opendir(path)) {
      if (entry.isDirectory() || shape.test(entry.name)) {
        found.push({ name: entry.name, isFolder: entry.isDirectory() });
      }
    }
  } catch (error) {
    ignoreGone(error);
  }
  return found;
}

async function removeOld(path: string, olderThanMs: number): Promise<void> {
  try {
    const { mtimeMs } = await stat(path);
    if (mtimeMs < olderThanMs) await unlink(path);
  } catch (error) {
    ignoreGone(error);
  }
}

function ignoreGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
