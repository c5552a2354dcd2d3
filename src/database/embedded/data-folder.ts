import { access, constants, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';

/** Makes the data folder if it is absent (private) and returns its real path, or says why it cannot be used. */
export async function prepareDataFolder(dataFolder: string): Promise<string> {
  const folder = resolve(dataFolder);
  try {
    // In two steps: a mode would go to every folder made on the way, and close them to the server's user.
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { mode: 0o700 }).catch(unlessThere);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (error) {
    throw await explain(folder, error as NodeJS.ErrnoException);
  }
}

function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}

async function explain(folder: string, cause: NodeJS.ErrnoException): Promise<EmbeddedDatabaseError> {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') return diskFull(folder, cause);
  const owner = await stat(folder).then(
    (found) => found.uid,
    () => undefined,
  );
  if (owner !== undefined && owner !== process.geteuid?.()) {
    return foreignFolder(folder, owner);
  }
  return new EmbeddedDatabaseError({
    code: 'folder_not_writable',
    what: `the data folder ${folder} cannot be written (${cause.code})`,
    remedy: 'make it writable for this user or set POSTHORN_DATA to another folder',
    cause,
  });
}

export function foreignFolder(folder: string, owner: number): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError({
    code: 'folder_foreign',
    what: `${folder} belongs to uid ${owner}, but Posthorn runs as uid ${process.geteuid?.()}`,
    remedy: 'run Posthorn as that user, chown the folder, or set POSTHORN_DATA to another folder',
  });
}

export function diskFull(folder: string, cause?: unknown): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError({
    code: 'disk_full',
    what: `no space left for the database in ${folder}`,
    remedy: 'free some space (a new database takes about 60 MB) or set POSTHORN_DATA to a folder on another disk',
    cause,
  });
}
