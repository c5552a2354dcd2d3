import { SpoolError } from './spool.ts';

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** What the disk answered, as a SpoolError: `full` when it has no room, else `failed`. */
export function toSpoolError(error: unknown, what: string): SpoolError {
  if (error instanceof SpoolError) return error;
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SpoolError('full', `${what}: the disk is full (${code}). Free some space on it.`, error);
  }
  const why = code ?? (error instanceof Error ? error.message : String(error));
  return new SpoolError('failed', `${what} (${why}). Check the disk and the rights on it.`, error);
}
