import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SourceRow } from './read-source-config.ts';
import type { SourceCache } from './source-directory.ts';

/** Keeps the sources in one file, 0600, replaced as a whole. A file that cannot be read is an error, not an empty list. */
export function createSourceCache(path: string): SourceCache {
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
      const kept = JSON.parse(text) as { version: number; sources: SourceRow[] };
      if (kept.version !== 1) throw new Error(`${path} was written by another release`);
      return kept.sources;
    },
    async write(rows) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.new`;
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ version: 1, sources: rows }));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    },
  };
}
