import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireFolderLock, type FolderLock } from '../../folder-lock/folder-lock.ts';
import { awaitServer, type ServerConnection } from './await-server.ts';
import { takeOwnership } from './cluster-ownership.ts';
import { type ClusterPlace, chooseClusterPlace, confirmClusterPlace, sharedClusterFolder } from './cluster-place.ts';
import { prepareDataFolder } from './data-folder.ts';
import { createPassword, databaseName, passwordPath, readPassword, resetPassword } from './database-password.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { hasUsableCluster, initializeCluster } from './initialize-cluster.ts';
import { clearLeftoverServer } from './leftover-server.ts';
import { prepareServerBinaries, type ServerBinaries } from './server-binaries.ts';
import type { ServerLog } from './server-log.ts';
import { findServerPackage, type ServerPackage } from './server-package.ts';
import { launchServer } from './server-process.ts';
import { serverArguments, socketPort } from './server-settings.rules.ts';
import { chooseSocketFolder, prepareSocketFolder } from './socket-folder.ts';
import { superviseServer } from './supervise-server.ts';

/** Recovery replays at most a few gigabytes of log (max_wal_size); this is far more than a slow disk needs. */
const startDeadlineMs = 15 * 60_000;

/** A running server. `connection.host` is the folder of its Unix socket; `stop` is a fast, orderly shutdown. */
export type EmbeddedPostgres = {
  connection: ServerConnection;
  pid(): number | undefined;
  stop(): Promise<void>;
};

/**
 * Starts the PostgreSQL inside the data folder, making it on the first start, and keeps it running until `stop`.
 * Rejects with EmbeddedDatabaseError. `sharedFolder` takes, when root starts Posthorn, what the server's user cannot
 * reach where it is; `server` replaces the programs that npm installed.
 */
export async function startEmbeddedPostgres(options: {
  dataFolder: string;
  log: ServerLog;
  settings?: Record<string, string>;
  onRestart?: () => void;
  sharedFolder?: string;
  server?: ServerPackage;
}): Promise<EmbeddedPostgres> {
  const { log, sharedFolder = sharedClusterFolder } = options;
  const server = options.server ?? (await findServerPackage(process.platform, process.arch));
  const dataFolder = await prepareDataFolder(options.dataFolder);
  const locks: FolderLock[] = [await lockFolder(dataFolder)];
  const releaseLocks = async () => {
    for (const lock of locks.splice(0).reverse()) await lock.release();
  };
  try {
    const place = await chooseClusterPlace({ dataFolder, sharedFolder });
    if (place.home !== dataFolder) {
      // A copied data folder points to the same place, so the place has a lock of its own.
      locks.push(await lockFolder(place.home));
      log.warn(
        { dataFolder, databaseFolder: place.home, uid: place.user.uid },
        `PostgreSQL cannot run as root, and its user cannot reach ${dataFolder}: the database is kept in ${place.home}`,
      );
    }
    const copyParents = place.user.switched
      ? [sharedFolder, join(tmpdir(), `posthorn-${process.geteuid?.()}`)]
      : [dataFolder];
    const binaries = await prepareServerBinaries({ server, user: place.user, copyParents });
    const supervised = await runCluster({ options, dataFolder, place, binaries });
    let stopped: Promise<void> | undefined;
    return {
      connection: supervised.connection,
      pid: () => supervised.pid(),
      stop: () => {
        stopped ??= supervised.stop().then(releaseLocks);
        return stopped;
      },
    };
  } catch (error) {
    await releaseLocks();
    throw error;
  }
}

/** @throws EmbeddedDatabaseError already_running */
function lockFolder(folder: string): Promise<FolderLock> {
  const held = (pid: number) =>
    new EmbeddedDatabaseError({
      code: 'already_running',
      what: `Posthorn is already running (pid ${pid}) on ${folder}`,
      remedy: 'stop it or set POSTHORN_DATA to another folder',
    });
  return acquireFolderLock(join(folder, 'posthorn.lock'), held);
}

async function runCluster(input: {
  options: { log: ServerLog; settings?: Record<string, string>; onRestart?: () => void };
  dataFolder: string;
  place: ClusterPlace;
  binaries: ServerBinaries;
}): Promise<EmbeddedPostgres> {
  const { dataFolder, place, binaries } = input;
  const { log, settings = {}, onRestart = () => {} } = input.options;
  const { clusterFolder, user } = place;
  const password = await ensureCluster(input);
  const socketFolder = chooseSocketFolder(place, password);
  const connection = { host: socketFolder, port: socketPort, user: databaseName, password, database: databaseName };
  const supervised = await superviseServer({
    launch: async () => {
      await clearLeftoverServer({ clusterFolder, socketFolder, log });
      await prepareSocketFolder(socketFolder, place);
      const args = serverArguments({ clusterFolder, socketFolder, settings });
      return await launchServer({ command: binaries.postgres, args, user, log });
    },
    ready: async (server, signal) => {
      const passwordFile = passwordPath(dataFolder);
      await awaitServer({ server, connection, clusterFolder, passwordFile, deadlineMs: startDeadlineMs, signal, log });
    },
    onRestart,
    log,
    now: () => performance.now(),
  });
  return { connection, ...supervised };
}

/** Sees to it that there is a cluster which belongs to the server's user, and returns its password. */
async function ensureCluster(input: {
  options: { log: ServerLog };
  dataFolder: string;
  place: ClusterPlace;
  binaries: ServerBinaries;
}): Promise<string> {
  const { dataFolder, place, binaries } = input;
  const { log } = input.options;
  const { clusterFolder, user } = place;
  const known = await readPassword(dataFolder);
  if (await hasUsableCluster(clusterFolder, binaries.major)) {
    await takeOwnership(clusterFolder, user);
    await confirmClusterPlace(dataFolder, place);
    if (known) return known;
    log.warn({ file: passwordPath(dataFolder) }, 'the database password was lost; setting a new one');
    await clearLeftoverServer({ clusterFolder, socketFolder: join(place.home, 'socket'), log });
    return await resetPassword({ dataFolder, clusterFolder, postgres: binaries.postgres, user });
  }
  const password = known ?? (await createPassword(dataFolder));
  log.info({ folder: clusterFolder }, 'making a new PostgreSQL database');
  await initializeCluster(place, binaries.initdb, password);
  await confirmClusterPlace(dataFolder, place);
  return password;
}
