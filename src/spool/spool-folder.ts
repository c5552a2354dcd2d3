import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from './disk-errors.ts';

/** Makes a folder that only this user may enter, so that it is still there after a power cut. */
export async function makeSpoolFolder(path: string): Promise<string> {
  const folder = resolve(path);
  const parent = dirname(folder);
  // In two steps: a mode would go to every folder that is made on the way.
  const firstMade = await mkdir(parent, { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  await chmod(folder, 0o700);
  const top = firstMade === undefined ? parent : dirname(firstMade);
  for (let made = parent; ; made = dirname(made)) {
    await syncFolder(made);
    if (made === top || made === dirname(made)) return folder;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
