import type { Stats } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** No folder could be made there. */
class DataFolderError extends Error {
  readonly remedy = 'let this user write there, or name another folder by --data or POSTHORN_DATA';

  constructor(folder: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    super(`the data folder ${folder} cannot be made${code}`, { cause });
    this.name = 'DataFolderError';
  }
}

/** Makes the folder, unless it is there, for its owner alone. @throws DataFolderError with its remedy */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder));
  } catch (error) {
    throw new DataFolderError(folder, error);
  }
}

/**
 * Folder by folder: where none can be made although all above are there, such as in /proc, `mkdir` of Node 24 with
 * `recursive` tries for ever.
 */
async function makeFolder(folder: string): Promise<void> {
  const above = dirname(folder);
  if (above !== folder && (await found(above)) === null) await makeFolder(above);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    // It was there already, or another process was faster.
    if ((await found(folder))?.isDirectory() !== true) throw error;
  }
}

function found(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}
