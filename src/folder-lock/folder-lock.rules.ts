import { createHash } from 'node:crypto';

/** Who holds a lock. `birth` tells a process from a later one with the same pid; empty where it is not known. */
export type LockEntry = { token: string; pid: number; birth: string };

export function formatLockEntry(entry: LockEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Reads a lock file. One that is not readable as such names no process, so it is stale; its token is its hash. */
export function parseLockEntry(text: string): LockEntry {
  try {
    const { token, pid, birth } = JSON.parse(text) as Partial<LockEntry>;
    if (
      typeof token === 'string' &&
      /^[\w-]{1,64}$/.test(token) &&
      Number.isInteger(pid) &&
      typeof birth === 'string'
    ) {
      return { token, pid: Number(pid), birth };
    }
  } catch {
    // Not JSON: handled as any other unreadable entry.
  }
  return { token: createHash('sha256').update(text).digest('hex').slice(0, 32), pid: 0, birth: '' };
}

/** Whether the holder still lives, given the birth of the process that has its pid now (undefined: there is none). */
export function isLockHeld(entry: LockEntry, birthNow: string | undefined): boolean {
  if (entry.pid <= 0 || birthNow === undefined) return false;
  return entry.birth === '' || birthNow === '' || entry.birth === birthNow;
}
