import { createHash } from 'node:crypto';

/** Who uses a spool. `birth` tells a process from a later one with the same pid; empty where it is not known. */
export type Claimant = { token: string; pid: number; birth: string };

/** Reads a lock file. One that is torn names nobody: its pid is 0, and its content stands for the token. */
export function parseClaimant(text: string): Claimant {
  const [token = '', pid = '', birth = '', end] = text.split('\n');
  if (end === '' && /^[0-9a-f-]{36}$/.test(token) && /^\d{1,10}$/.test(pid)) return { token, pid: Number(pid), birth };
  return { token: createHash('sha256').update(text).digest('hex').slice(0, 32), pid: 0, birth: '' };
}

export function formatClaimant({ token, pid, birth }: Claimant): string {
  return `${token}\n${pid}\n${birth}\n`;
}

/** Whether a claimant still runs, given the birth of the process that has its pid now; null when there is none. */
export function stillRuns(claimant: Claimant, birthNow: string | null): boolean {
  if (claimant.pid === 0 || birthNow === null) return false;
  return claimant.birth === '' || birthNow === '' || claimant.birth === birthNow;
}

/**
 * When a process was started, in ticks since boot: field 22 of /proc/<pid>/stat, as proc_pid_stat(5) counts them. The
 * second one, its name in parentheses, may hold any sign. Null for a process that is dead but for its entry.
 */
export function startTicksOf(stat: string): string | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}
