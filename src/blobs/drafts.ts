import { randomBytes } from 'node:crypto';
import { opendir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isBlobDay, isBlobTeam } from './blob-key.rules.ts';

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
  await sweep(folder, [isBlobDay, isBlobTeam]);
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
