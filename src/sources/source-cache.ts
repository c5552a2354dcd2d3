import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../spool/spool-folder.ts';
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
      return readRows(path, text);
    },
    async write(rows) {
      // Without any source there is nothing that could be done without the database.
      if (rows.length === 0 && !existsSync(path)) return;
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
      // An older file would bring back what was deleted since.
      await syncFolder(dirname(path));
    },
  };
}

/** Enough is looked at for the rows to be told apart; each is judged for itself when it is opened. */
function readRows(path: string, text: string): SourceRow[] {
  const damaged = `${path} is damaged: it is written anew as soon as the database answers`;
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch (error) {
    throw new Error(damaged, { cause: error instanceof Error ? error.name : undefined });
  }
  const { version, sources } = (kept ?? {}) as { version?: unknown; sources?: unknown };
  if (version !== 1) throw new Error(`${path} was written by another release`);
  if (!Array.isArray(sources) || !sources.every(isRow)) throw new Error(damaged);
  return sources;
}

function isRow(row: unknown): row is SourceRow {
  const { id, teamId } = (row ?? {}) as { id?: unknown; teamId?: unknown };
  return typeof id === 'string' && typeof teamId === 'string';
}
