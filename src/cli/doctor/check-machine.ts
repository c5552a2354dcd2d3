import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readableSize } from '../terminal/readable.rules.ts';
import { type Finding, fail, ok, warn } from './finding.rules.ts';

const fewestFiles = 4096;
const littleDiskBytes = 2e9;
const tooLittleDiskBytes = 2e8;

/** Node's version against what package.json asks for. */
export function checkNode(version = process.versions.node): Finding {
  if (Number.parseInt(version, 10) >= 24) return ok('node', `${version} on ${process.platform} ${process.arch}`);
  return fail('node', `${version} is too old`, 'install Node 24 or newer from https://nodejs.org');
}

/** How many files and sockets this process may have open; each delivery under way takes one. */
export async function checkOpenFiles(readLimits = readProcLimits): Promise<Finding[]> {
  const limits = await readLimits();
  if (limits === null) return [];
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (found === undefined) return [];
  if (found === 'unlimited' || Number(found) >= fewestFiles) return [ok('open files', `up to ${found}`)];
  const remedy = 'raise it: ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit';
  return [warn('open files', `only ${found}, and each connection takes one`, remedy)];
}

/** Space on the disk of the data folder, or of the nearest folder above it that exists. */
export async function checkDisk(dataFolder: string, readSpace = readFreeSpace): Promise<Finding> {
  const freeBytes = await readSpace(dataFolder);
  if (freeBytes === null) return warn('disk', `free space for ${dataFolder} is not known`, 'check it with df -h');
  const what = `${readableSize(freeBytes)} free for ${dataFolder}`;
  const remedy = 'free some space, or set POSTHORN_DATA to a folder on another disk';
  if (freeBytes < tooLittleDiskBytes) return fail('disk', what, remedy);
  return freeBytes < littleDiskBytes ? warn('disk', what, remedy) : ok('disk', what);
}

async function readFreeSpace(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const above = dirname(folder);
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && above !== folder ? await readFreeSpace(above) : null;
  }
}

function readProcLimits(): Promise<string | null> {
  return readFile('/proc/self/limits', 'utf8').catch(() => null);
}
