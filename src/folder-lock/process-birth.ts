import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startTicks } from './process-birth.rules.ts';

/**
 * A text that stays the same for one process and differs for another one that later gets the same pid. Undefined when
 * no process has that pid; empty when there is one but the system does not tell its start time.
 */
export async function processBirth(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  if (process.platform !== 'linux') return startedBy(pid);
  try {
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    ]);
    const ticks = startTicks(stat);
    return ticks === undefined ? undefined : `${bootId.trim()}:${ticks}`;
  } catch {
    return isAlive(pid) ? '' : undefined;
  }
}

/** Whether a process has that pid, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function startedBy(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { LC_ALL: 'C' },
  }).catch(() => ({ stdout: '' }));
  return stdout.trim();
}
