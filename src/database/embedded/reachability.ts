import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Account, type FolderAccess, firstBlockingFolder } from './reachability.rules.ts';

/** The first folder between the file system's root and `folder` (included) that `account` cannot pass through. */
export async function blockingFolder(folder: string, account: Account): Promise<FolderAccess | undefined> {
  const chain: FolderAccess[] = [];
  for (let path = await realpath(folder); ; path = dirname(path)) {
    const { uid, gid, mode } = await stat(path);
    chain.unshift({ path, uid, gid, mode });
    if (path === dirname(path)) return firstBlockingFolder(account, chain);
  }
}
