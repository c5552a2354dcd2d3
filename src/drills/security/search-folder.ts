import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { spellingsOf } from './spellings.rules.ts';

const chunkBytes = 4 * 1024 * 1024;
const overlapBytes = 4096;

export type FoundInFile = { name: string; called: string; file: string };

/**
 * Looks for values, in every spelling, in the bytes of all files below a folder.
 * @param except names of files that are meant to hold secrets.
 */
export async function searchFolder(
  folder: string,
  values: ReadonlyMap<string, string>,
  except: ReadonlySet<string>,
): Promise<{ found: FoundInFile[]; files: number }> {
  const needles = [...values].flatMap(([name, value]) =>
    spellingsOf(value).map(({ called, text }) => ({ name, called, bytes: Buffer.from(text) })),
  );
  const found: FoundInFile[] = [];
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || except.has(entry.name)) continue;
    files += 1;
    const path = join(entry.parentPath, entry.name);
    for await (const chunk of chunksOf(path)) {
      for (const { name, called, bytes } of needles) {
        if (chunk.includes(bytes)) found.push({ name, called, file: path.slice(folder.length + 1) });
      }
    }
  }
  return { found, files };
}

/** The file in pieces that overlap, so that nothing is cut in two. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    for (let position = 0; ; position += chunkBytes - overlapBytes) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, position);
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      if (bytesRead < chunkBytes) return;
    }
  } finally {
    await file.close();
  }
}
