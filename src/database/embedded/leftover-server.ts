import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isAlive } from '../../folder-lock/process-birth.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import type { ServerLog } from './server-log.ts';
import { findServerProcesses, readPostmasterPid, signalAndWait } from './server-processes.ts';
import { socketPath } from './server-settings.rules.ts';

/**
 * Leaves no server on the cluster: stops the one that outlived a killed Posthorn, and removes the lock files that would
 * keep a new one from starting because another program now has the pid in them. The caller holds the folder's lock.
 * Throws `in_use_elsewhere` when a server answers that this machine or container cannot see.
 */
export async function clearLeftoverServer(place: {
  clusterFolder: string;
  socketFolder: string;
  log: ServerLog;
}): Promise<void> {
  const { clusterFolder, log } = place;
  const socket = socketPath(place.socketFolder);
  const pids = await findServerProcesses(clusterFolder);
  if (pids.length > 0) {
    log.warn({ pids }, 'stopping a PostgreSQL that was left running on this data folder');
    await stopLeftover(clusterFolder, pids);
  } else if (await answers(socket)) {
    throw new EmbeddedDatabaseError({
      code: 'in_use_elsewhere',
      what: `a PostgreSQL of another container or machine is running on ${clusterFolder}`,
      remedy: 'stop that Posthorn first, or set POSTHORN_DATA to another folder',
    });
  }
  const recorded = await readPostmasterPid(clusterFolder);
  if (recorded !== undefined && isAlive(recorded)) await rm(join(clusterFolder, 'postmaster.pid'), { force: true });
  await Promise.all([rm(socket, { force: true }), rm(`${socket}.lock`, { force: true })]);
}

async function stopLeftover(clusterFolder: string, pids: number[]): Promise<void> {
  const postmaster = await readPostmasterPid(clusterFolder);
  const folder = clusterFolder;
  if (postmaster !== undefined && pids.includes(postmaster)) {
    if (await signalAndWait({ folder, pids: [postmaster], signal: 'SIGINT', deadlineMs: 20_000 })) return;
  }
  // Workers without their server, or a server that hangs: end them at once, recovery mends the rest.
  const rest = await findServerProcesses(folder);
  if (await signalAndWait({ folder, pids: rest, signal: 'SIGQUIT', deadlineMs: 10_000 })) return;
  const stubborn = await findServerProcesses(folder);
  if (await signalAndWait({ folder, pids: stubborn, signal: 'SIGKILL', deadlineMs: 10_000 })) return;
  throw new EmbeddedDatabaseError({
    code: 'start_failed',
    what: `PostgreSQL processes ${stubborn.join(', ')} on ${clusterFolder} do not end`,
    remedy: 'end them (they may wait for a disk), then start Posthorn again',
  });
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
