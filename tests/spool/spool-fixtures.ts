import { chmod, cp, mkdtemp, open, readdir, realpath, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSpool, type SpoolOptions } from '../../src/spool/open-spool.ts';
import type { Spool, SpoolError } from '../../src/spool/spool.ts';
import { numbersOf, recordOf } from './records.ts';

/** A new folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-spool-')));
  await chmod(folder, 0o700);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A spool on the real disk, and what it reported. It is closed when the test ends. */
export async function openForTest(
  folder: string,
  options: Partial<SpoolOptions> = {},
): Promise<Spool & { reports: SpoolError[] }> {
  const reports: SpoolError[] = [];
  const spool = await openSpool({
    folder,
    maxBytes: 16 * 1024 * 1024,
    clock: { now: () => Date.now() },
    onError: (error) => reports.push(error),
    ...options,
  });
  onTestFinished(() => spool.close());
  return { ...spool, reports };
}

export async function appendAll(spool: Spool, numbers: number[], bodyBytes?: number): Promise<void> {
  await Promise.all(numbers.map((n) => spool.append(recordOf(n, bodyBytes))));
}

/** The numbers of everything that the spool holds. */
export async function allNumbers(spool: Spool): Promise<number[]> {
  return numbersOf(await spool.peek(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
}

/** The segment files of a folder, oldest first. */
export async function segmentPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.segment'))
    .toSorted()
    .map((name) => join(folder, name));
}

export async function bytesOnDisk(folder: string): Promise<number> {
  const sizes = await Promise.all((await segmentPaths(folder)).map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A copy of a spool's folder, as it is now, without its lock. */
export async function copyOf(folder: string): Promise<string> {
  for (;;) {
    const copy = await temporaryFolder();
    try {
      await cp(folder, copy, { recursive: true, filter: (path) => !path.includes('/lock') });
      return copy;
    } catch (error) {
      // A segment was removed meanwhile: the folder as it is now is without it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** What every file handle inherits: where a test looks on when the real disk is written to and synced. */
export async function fileHandlePrototype(): Promise<FileHandle> {
  const file = await open('/dev/null');
  await file.close();
  return Object.getPrototypeOf(file) as FileHandle;
}
