import { mkdir } from 'node:fs/promises';

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
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DataFolderError(folder, error);
  }
}
