import { accessSync, constants, existsSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
const neededBytes = 4 * 1024 ** 3;

/**
 * Where files may lie that nobody misses after a power cut: in memory where Linux has room for them, else among temporary
 * files. A database is a thousand files, and most of what making and dropping one costs is the disk's directory.
 */
export function memoryFolder(): string {
  if (process.platform !== 'linux') return tmpdir();
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= neededBytes && freemem() >= neededBytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Removes what runs that were killed have left in memory: folders `<prefix><process id>-…` of processes that are gone. */
export function removeLeftovers(prefix: string): void {
  if (!existsSync(memory)) return;
  for (const name of readdirSync(memory)) {
    const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    // A server that still runs there sees its folder gone, and ends.
    rmSync(join(memory, name), { recursive: true, force: true });
  }
}
