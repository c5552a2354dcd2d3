import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { formatLockEntry, isLockHeld, type LockEntry, parseLockEntry } from './folder-lock.rules.ts';
import { processBirth } from './process-birth.ts';

export type FolderLock = { release(): Promise<void> };

/**
 * Takes the lock file `path` for this process. Only a hard link ever creates a name, so each is won by exactly one
 * process and is never seen half-written. A stale lock is not removed first (a slower rival could then remove the
 * winner's): its successor is the one who links `<path>.after-<its token>`, and that one replaces the lock. A successor
 * that died on the way has a successor in turn.
 * @throws what `held` makes of the pid when a process that lives has it, be it this very one
 */
export async function acquireFolderLock(path: string, held: (pid: number) => Error): Promise<FolderLock> {
  const mine: LockEntry = { token: randomUUID(), pid: process.pid, birth: (await processBirth(process.pid)) ?? '' };
  const candidate = `${path}.${mine.token}`;
  try {
    await writeDurably(candidate, formatLockEntry(mine));
    while (!(await tryAcquire(path, candidate, held))) {
      // Someone else changed the lock meanwhile: look again.
    }
  } finally {
    await rm(candidate, { force: true });
  }
  return {
    async release() {
      if ((await readEntry(path))?.token === mine.token) await rm(path, { force: true });
    },
  };
}

async function tryAcquire(path: string, candidate: string, held: (pid: number) => Error): Promise<boolean> {
  if (await linkIfAbsent(candidate, path)) return true;
  const head = await readEntry(path);
  if (!head) return false;
  const claims: string[] = [];
  let holder: LockEntry | undefined = head;
  while (holder) {
    if (isLockHeld(holder, await processBirth(holder.pid))) throw held(holder.pid);
    const claim = `${path}.after-${holder.token}`;
    claims.push(claim);
    if (await linkIfAbsent(candidate, claim)) {
      // A faster successor may have finished and tidied its claims away, which is how this one could be made.
      const replaced = (await readEntry(path))?.token !== head.token;
      if (!replaced) await rename(candidate, path);
      await Promise.all((replaced ? [claim] : claims).map((name) => rm(name, { force: true })));
      return !replaced;
    }
    holder = await readEntry(claim);
  }
  return false;
}

async function linkIfAbsent(existing: string, name: string): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readEntry(path: string): Promise<LockEntry | undefined> {
  try {
    return parseLockEntry(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
