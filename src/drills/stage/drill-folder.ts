import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { discardDatabase } from '../../database/discard-database.ts';
import { isAlive } from '../../folder-lock/process-birth.ts';

/** Processes of another container that shares the temporary folder cannot be seen from here, and are not ours to judge. */
const prefix = `posthorn-drill-${createHash('sha256').update(hostname()).digest('hex').slice(0, 4)}-`;
/** Of this process: after a restart another one may have its pid. */
const made = new Set<string>();

/** A data folder of its own, for its owner alone; its name says which process made it. */
export async function makeDrillFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`)));
  made.add(folder);
  return folder;
}

/** Ends what works on the folder and removes it: nodes first, which would start their databases again. */
export async function removeDrillFolder(folder: string): Promise<void> {
  for (const pid of await nodesOn(folder)) kill(pid);
  await discardDatabase(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  made.delete(folder);
}

/** Removes what drills of processes that were killed left in the temporary folder, and ends what still runs there. */
export async function sweepDrillFolders(): Promise<void> {
  const parent = await realpath(tmpdir());
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(owner)) continue;
    const folder = join(parent, name);
    const isInUse = owner === process.pid ? made.has(folder) : isAlive(owner);
    // Another user's cannot be removed, and is not ours to.
    if (!isInUse) await removeDrillFolder(folder).catch(() => undefined);
  }
}

/** For the end of this process, when there is no time to wait: ends what was started for the folder. */
export function killOn(folder: string): void {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc')) {
    try {
      if (!/^\d+$/.test(name)) continue;
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (isNodeOn(folder, commandLine)) kill(Number(name));
      else if (isServerOn(folder, commandLine)) kill(Number(name), 'SIGQUIT');
    } catch {
      // Gone already.
    }
  }
}

async function nodesOn(folder: string): Promise<number[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return pids.filter((_pid, index) => isNodeOn(folder, lines[index] ?? '')).map(Number);
  }
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command=']).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .filter((line) => isNodeOn(folder, line))
    .map((line) => Number.parseInt(line, 10));
}

/** Nodes name it as their data folder. */
function isNodeOn(folder: string, commandLine: string): boolean {
  return commandLine.includes(folder) && /[\0 ]up[\0 ]--data/.test(commandLine);
}

/** Servers name it as the place of their cluster. */
function isServerOn(folder: string, commandLine: string): boolean {
  return commandLine.includes(folder) && commandLine.includes('postgres');
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === process.pid) return;
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
