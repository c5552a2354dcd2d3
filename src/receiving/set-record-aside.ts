import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../spool/spool-folder.ts';
import type { SpoolRecord } from '../spool/spool.ts';

/**
 * Keeps a record that can never be stored for a person to look at: nobody else may drop it. Two files, 0600, in a folder
 * of their own, on disk when this resolves. @returns their path without `.json` and `.body`.
 */
export async function setRecordAside(folder: string, record: SpoolRecord): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = join(folder, `${Math.floor(record.appendedAtMs)}-${process.hrtime.bigint()}`);
  await writeNew(`${place}.json`, record.head);
  await writeNew(`${place}.body`, record.body);
  await syncFolder(folder);
  return place;
}

async function writeNew(path: string, content: string | Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
