import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type ProcessView, postmasterPid, worksOn } from './server-processes.rules.ts';

/** Living PostgreSQL processes at work on a folder. Without /proc only the server that postmaster.pid names is found. */
export async function findServerProcesses(folder: string): Promise<number[]> {
  if (process.platform !== 'linux') return await findByPidFile(folder);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => (worksOn(folder, await viewProcess(pid)) ? pid : 0)));
  return found.filter((pid) => pid !== 0);
}

export async function readPostmasterPid(clusterFolder: string): Promise<number | undefined> {
  const text = await readFile(join(clusterFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  return postmasterPid(text);
}

/** Sends a signal to each and waits until none works on `folder` any more; false when the deadline passed first. */
export async function signalAndWait(input: {
  folder: string;
  pids: number[];
  signal: NodeJS.Signals;
  deadlineMs: number;
}): Promise<boolean> {
  for (const pid of input.pids) {
    try {
      process.kill(pid, input.signal);
    } catch {
      // Gone already.
    }
  }
  const deadline = performance.now() + input.deadlineMs;
  let left = input.pids;
  do {
    // Those that are known are looked at alone: a look at every process of the machine takes as long as the pause.
    while (process.platform === 'linux' && (await anyWorksOn(input.folder, left))) {
      if (performance.now() > deadline) return false;
      await delay(20);
    }
    left = await findServerProcesses(input.folder);
    if (left.length === 0) return true;
    await delay(20);
  } while (performance.now() <= deadline);
  return false;
}

async function anyWorksOn(folder: string, pids: readonly number[]): Promise<boolean> {
  const views = await Promise.all(pids.map(viewProcess));
  return views.some((view) => worksOn(folder, view));
}

async function viewProcess(pid: number): Promise<ProcessView> {
  const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (cmdline === '') return { cwd: undefined, argv: [] };
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return { cwd, argv: cmdline.split('\0') };
}

async function findByPidFile(folder: string): Promise<number[]> {
  const pid = await readPostmasterPid(folder);
  if (pid === undefined) return [];
  const listed = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  const command = listed.stdout.trim();
  return /^\S*postgres\b/.test(command) && command.includes(folder) ? [pid] : [];
}
