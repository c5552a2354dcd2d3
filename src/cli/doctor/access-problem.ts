import { access, constants } from 'node:fs/promises';

/** Null when this process may use the path, else the code of the error, such as ENOENT or EACCES. */
export async function accessProblem(path: string, mode = constants.F_OK): Promise<string | null> {
  try {
    await access(path, mode);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
