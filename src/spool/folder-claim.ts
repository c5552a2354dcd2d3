import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './disk-errors.ts';
import { type Claimant, formatClaimant, parseClaimant, startTicksOf, stillRuns } from './folder-claim.rules.ts';
import { SpoolError } from './spool.ts';

export type FolderClaim = { release(): Promise<void> };

/**
 * Takes `<folder>/lock` for this process. Names are only made by hard links, which exactly one process wins. A lock of
 * a dead process is never deleted first, since that could hit the lock of whoever was faster: it is replaced by the one
 * who wins the name `lock.after.<its token>`, and the same goes for that one, should it die on the way.
 * @throws SpoolError when a process that runs holds it
 */
export async function claimFolder(folder: string): Promise<FolderClaim> {
  const lock = join(folder, 'lock');
  const token = randomUUID();
  const draft = `${lock}.${token}`;
  try {
    await writeDraft(draft, { token, pid: process.pid, birth: (await birthOf(process.pid)) ?? '' });
    while (!(await tryToClaim(folder, lock, draft))) {
      // Somebody else was at it in the meantime: look again.
    }
  } finally {
    await rm(draft, { force: true });
  }
  return {
    async release() {
      if ((await claimantIn(lock))?.token === token) await rm(lock, { force: true });
    },
  };
}

async function tryToClaim(folder: string, lock: string, draft: string): Promise<boolean> {
  if (await linkUnlessThere(draft, lock)) return true;
  const holder = await claimantIn(lock);
  const successions: string[] = [];
  let claimant = holder;
  while (claimant !== null) {
    if (stillRuns(claimant, await birthOf(claimant.pid))) throw inUse(folder, claimant.pid);
    const succession = `${lock}.after.${claimant.token}`;
    successions.push(succession);
    if (await linkUnlessThere(draft, succession)) {
      // It may be free because another successor has finished and tidied up.
      const isStillHeld = (await claimantIn(lock))?.token === holder?.token;
      if (isStillHeld) await rename(draft, lock);
      for (const name of isStillHeld ? successions : [succession]) await rm(name, { force: true });
      return isStillHeld;
    }
    claimant = await claimantIn(succession);
  }
  return false;
}

/**
 * A text that a process keeps and a later one with the same pid does not have; null when there is no such process.
 * Empty where the system does not tell.
 */
async function birthOf(pid: number): Promise<string | null> {
  if (!exists(pid)) return null;
  if (process.platform !== 'linux') return '';
  try {
    const [bootId, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const ticks = startTicksOf(stat);
    return ticks === null ? null : `${bootId.trim()} ${ticks}`;
  } catch {
    // It ended just now, or /proc does not show the processes of others.
    return exists(pid) ? '' : null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function claimantIn(path: string): Promise<Claimant | null> {
  try {
    return parseClaimant(await readFile(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function writeDraft(path: string, claimant: Claimant): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(formatClaimant(claimant));
    await file.sync();
  } finally {
    await file.close();
  }
}

function inUse(folder: string, pid: number): SpoolError {
  const whose = pid === process.pid ? 'this very process' : `another process (pid ${pid})`;
  return new SpoolError(
    'failed',
    `The spool in ${folder} is in use by ${whose}. Stop that one, or give each a data folder (POSTHORN_DATA) of its own.`,
  );
}
