import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Random } from '../simulation/random.ts';
import { fileHandlePrototype } from './spool-fixtures.ts';

/** Bytes that a power cut may tear from each other. */
const sectorBytes = 512;

/**
 * Watches what of a folder is on disk for certain: what was in a file when an fsync of it began that succeeded, and
 * which names the folder had when an fsync of the folder began. Needs Linux.
 */
export async function watchDisk(folder: string): Promise<{
  /** Makes a folder under `images` as a power cut may leave it now; where it may be so or so, `random` decides. */
  cut(images: string, random: Random): string;
  stop(): void;
}> {
  const contents = new Map<string, Buffer>();
  let names: string[] = [];
  const prototype = await fileHandlePrototype();

  const watch = (call: 'sync' | 'datasync'): { mockRestore(): void } => {
    const original = Object.getOwnPropertyDescriptor(prototype, call)?.value as (this: FileHandle) => Promise<void>;
    return vi.spyOn(prototype, call).mockImplementation(async function (this: FileHandle) {
      const path = readlinkSync(`/proc/self/fd/${this.fd}`);
      if (path === folder) {
        const now = readdirSync(folder);
        await original.call(this);
        names = now;
      } else {
        const now = path.startsWith(`${folder}/`) ? contentsOf(path) : null;
        await original.call(this);
        if (now !== null) contents.set(path, now);
      }
    });
  };
  const spies = [watch('sync'), watch('datasync')];

  return {
    cut(images, random) {
      const image = mkdtempSync(join(images, 'cut-'));
      const possible = new Set([...names, ...readdirSync(folder)]);
      for (const name of [...possible].filter((each) => !each.startsWith('lock'))) {
        const path = join(folder, name);
        const isCertain = names.includes(name) && existsSync(path);
        if (!isCertain && random.chance(0.5)) continue;
        const certain = contents.get(path) ?? Buffer.alloc(0);
        const now = contentsOf(path) ?? certain;
        writeFileSync(join(image, name), torn(certain, now, random));
      }
      return image;
    },
    stop() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** Null when it is not there, or is removed just now. */
function contentsOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** What may be there of a file: sectors as they are certain to be or as they are now, and of new ones some, or zeros. */
function torn(certain: Buffer, now: Buffer, random: Random): Buffer {
  const length = certain.length + random.whole(0, Math.max(0, now.length - certain.length));
  const result = Buffer.alloc(length);
  certain.copy(result);
  const likelihood = random.next();
  for (let at = 0; at < result.length; at += sectorBytes) {
    if (random.chance(likelihood)) now.copy(result, at, at, Math.min(at + sectorBytes, result.length));
  }
  return result;
}
