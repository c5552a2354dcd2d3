import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findClusterFolder } from './embedded/cluster-place.ts';
import { findServerProcesses, readPostmasterPid, signalAndWait } from './embedded/server-processes.ts';

/** An immediate shutdown takes a moment, and leaves none of the shared memory behind that a kill -9 would. */
const immediateMs = 5_000;
const deadlineMs = 15_000;

/** Ends what runs on a data folder's embedded database and removes it, wherever it had to be put. */
export async function discardDatabase(dataFolder: string): Promise<void> {
  const folder = await findClusterFolder(dataFolder);
  await endServer(folder);
  await rm(folder, { recursive: true, force: true });
  if (!folder.startsWith(`${dataFolder}/`)) await rm(dirname(folder), { recursive: true, force: true });
}

/** Ends the backends that a server left which was killed: they answer their sessions for a moment yet. */
export async function endLeftBackends(dataFolder: string): Promise<void> {
  await endServer(await findClusterFolder(dataFolder));
}

async function endServer(folder: string): Promise<void> {
  const pids = await findServerProcesses(folder);
  if (pids.length === 0) return;
  const postmaster = await readPostmasterPid(folder);
  const first = postmaster !== undefined && pids.includes(postmaster) ? [postmaster] : pids;
  if (await signalAndWait({ folder, pids: first, signal: 'SIGQUIT', deadlineMs: immediateMs })) return;
  await signalAndWait({ folder, pids: await findServerProcesses(folder), signal: 'SIGKILL', deadlineMs });
}

/** Whether a data folder holds its database itself, so that a copy of the folder is a copy of the database. */
export async function holdsItsDatabase(dataFolder: string): Promise<boolean> {
  return (await findClusterFolder(dataFolder)).startsWith(`${dataFolder}/`);
}
