import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findClusterFolder } from './embedded/cluster-place.ts';
import { findServerProcesses, signalAndWait } from './embedded/server-processes.ts';

const deadlineMs = 15_000;

/** Ends what runs on a data folder's embedded database and removes it, wherever it had to be put. */
export async function discardDatabase(dataFolder: string): Promise<void> {
  const folder = await findClusterFolder(dataFolder);
  const pids = await findServerProcesses(folder);
  if (pids.length > 0) await signalAndWait({ folder, pids, signal: 'SIGKILL', deadlineMs });
  await rm(folder, { recursive: true, force: true });
  if (!folder.startsWith(`${dataFolder}/`)) await rm(dirname(folder), { recursive: true, force: true });
}

/** Whether a data folder holds its database itself, so that a copy of the folder is a copy of the database. */
export async function holdsItsDatabase(dataFolder: string): Promise<boolean> {
  return (await findClusterFolder(dataFolder)).startsWith(`${dataFolder}/`);
}
