import { chmod, lstat, mkdir } from 'node:fs/promises';
import type { Account } from './reachability.rules.ts';

/**
 * Makes a folder that everyone may pass through, or accepts an existing one when nobody but this process's user and
 * the server's could have planted something in it. False when that cannot be had.
 */
export async function ensureOwnFolder(folder: string, server: Account): Promise<boolean> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o755 });
    const entry = await lstat(folder);
    if (!entry.isDirectory() || (entry.uid !== process.geteuid?.() && entry.uid !== server.uid)) return false;
    if (made !== undefined) await chmod(folder, 0o755);
    return made !== undefined || (entry.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
