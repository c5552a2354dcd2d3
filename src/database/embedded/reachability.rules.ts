/** The account a server process runs under. Supplementary groups do not count: they are dropped on the way. */
export type Account = { uid: number; gid: number };

export type FolderAccess = { path: string; uid: number; gid: number; mode: number };

/** Permission bits (rwx as 0-7) that `account` has on a file: owner, else group, else others, never a union. */
export function permissionsOf(account: Account, entry: Omit<FolderAccess, 'path'>): number {
  if (account.uid === 0) return 7;
  if (account.uid === entry.uid) return (entry.mode >> 6) & 7;
  if (account.gid === entry.gid) return (entry.mode >> 3) & 7;
  return entry.mode & 7;
}

/** The first folder on the way (root first, the target last) that `account` cannot pass through. */
export function firstBlockingFolder(account: Account, folders: FolderAccess[]): FolderAccess | undefined {
  return folders.find((folder) => (permissionsOf(account, folder) & 1) === 0);
}

/**
 * Whether a root-owned private folder may be opened to the server's group (mode 0710) instead of moving the cluster
 * elsewhere: only when nobody but root can read or write in it, so that at most the passage of another group is lost
 * (that of a former server's group, after the folder was copied).
 */
export function mayOpenToGroup(folder: FolderAccess): boolean {
  return folder.uid === 0 && (folder.mode & 0o067) === 0;
}
