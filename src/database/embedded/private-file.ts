import { chown, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Account } from './reachability.rules.ts';

/**
 * Replaces a file durably and in one step, readable by its owner alone. Written by root, it goes to `owner`, else to
 * the owner of its folder, so that a later start without root can still read it.
 */
export async function writePrivateFile(path: string, text: string, owner?: Account): Promise<void> {
  const folder = dirname(path);
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  if (process.geteuid?.() === 0) {
    const { uid, gid } = owner ?? (await stat(folder));
    await chown(draft, uid, gid);
  }
  await rename(draft, path);
  await syncFolder(folder);
}

/** Makes renames inside a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
