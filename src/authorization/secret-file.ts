import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { FieldError } from './field-error.ts';

export const largestSecretBytes = 65_536;

/** What tells that a file is still the same: mounted secrets are replaced as a whole, by a link. */
export type FileStamp = string;

/**
 * The stamp of what a path leads to. Files are looked at synchronously: a secret is small and local, and a call that
 * uses one goes out at once.
 * @throws FieldError
 */
export function stampFile(path: string): FileStamp {
  try {
    return stampOf(statSync(path, { bigint: true }));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Reads a regular file of at most 64 kB. @throws FieldError */
export function readSecretFile(path: string): { bytes: Buffer; stamp: FileStamp } {
  let file: number;
  try {
    // A named pipe would be waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const found = fstatSync(file, { bigint: true });
    if (!found.isFile()) throw new FieldError(`the file ${path} is not a regular file; name one that is`);
    const buffer = Buffer.alloc(largestSecretBytes + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(file, buffer, size, buffer.length - size, null);
    }
    if (size > largestSecretBytes) {
      throw new FieldError(`the file ${path} is larger than 64 kB; name one that holds the secret alone`);
    }
    const bytes = Buffer.from(buffer.subarray(0, size));
    buffer.fill(0);
    return { bytes, stamp: stampOf(found) };
  } catch (error) {
    throw error instanceof FieldError ? error : unreadable(path, error);
  } finally {
    closeSync(file);
  }
}

function stampOf({ dev, ino, size, mtimeNs }: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint }): FileStamp {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

function unreadable(path: string, error: unknown): FieldError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
  const remedy = code === 'ENOENT' ? 'put it there' : 'let the user of Posthorn read it';
  return new FieldError(`the file ${path} cannot be read (${code}); ${remedy}`);
}
