import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findClusterFolder, readDataFolderOf } from './cluster-place.ts';

/** A folder of a database that its data folder does not lead to any more. */
export type LeftCluster = { folder: string; dataFolder: string; sizeBytes: number };

/**
 * Which databases in the shared folder are left over: their data folder is gone, or has another database by now. Those
 * with a server in them, and those of which it is not on record whose they are, are not among them. Changes nothing.
 */
export async function findLeftClusters(sharedFolder: string): Promise<LeftCluster[]> {
  const entries = await readdir(sharedFolder, { withFileTypes: true }).catch(() => []);
  const left: LeftCluster[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const folder = join(sharedFolder, entry.name);
    const dataFolder = await readDataFolderOf(folder).catch(() => undefined);
    if (dataFolder === undefined || (await isLedTo(folder, dataFolder)) || (await hasServer(folder))) continue;
    left.push({ folder, dataFolder, sizeBytes: await sizeOf(folder) });
  }
  return left;
}

/** True also where it cannot be told: a folder that may not be looked at is not gone. */
async function isLedTo(folder: string, dataFolder: string): Promise<boolean> {
  try {
    const found = dirname(await findClusterFolder(dataFolder));
    return (await realpath(found)) === (await realpath(folder));
  } catch (error) {
    return !isAbsence(error);
  }
}

async function hasServer(folder: string): Promise<boolean> {
  try {
    const [pid = ''] = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ESRCH' && !isAbsence(error);
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let sizeBytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const found = await lstat(join(entry.parentPath, entry.name)).catch(() => null);
    sizeBytes += found?.size ?? 0;
  }
  return sizeBytes;
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
