import { chown, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterPlace } from './cluster-place.ts';
import { compareClusterVersion } from './cluster-version.rules.ts';
import { diskFull } from './data-folder.ts';
import { databaseName } from './database-password.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { syncFolder, writePrivateFile } from './private-file.ts';
import type { ServerBinaries } from './server-binaries.ts';
import { saysDiskFull } from './server-log.rules.ts';
import { findServerProcesses, signalAndWait } from './server-processes.ts';
import { runTool } from './server-spawn.ts';
import { unlessAbsent } from './unless-absent.ts';

/** Whether the place already holds a cluster that this server can run; throws when it holds one that it cannot. */
export async function hasUsableCluster(clusterFolder: string, serverMajor: number): Promise<boolean> {
  const entries = await unlessAbsent(readdir(clusterFolder));
  if (entries === undefined || entries.length === 0) return false;
  const text = await readFile(join(clusterFolder, 'PG_VERSION'), 'utf8').catch(() => '');
  const version = compareClusterVersion(text, serverMajor);
  if (version === 'same') return true;
  const written = `${clusterFolder} was written by PostgreSQL ${text.trim()}; this Posthorn brings ${serverMajor}`;
  if (version === 'newer') {
    throw new EmbeddedDatabaseError({
      code: 'cluster_newer',
      what: written,
      remedy: 'start the newer Posthorn that wrote it, or set POSTHORN_DATA to another folder',
    });
  }
  if (version === 'older') {
    throw new EmbeddedDatabaseError({
      code: 'cluster_older',
      what: written,
      remedy:
        'back up with the Posthorn that wrote it and restore with this one (dump and restore), or run it on a ' +
        'PostgreSQL of your own with DATABASE_URL',
    });
  }
  throw new EmbeddedDatabaseError({
    code: 'cluster_damaged',
    what: `${clusterFolder} is not a complete PostgreSQL folder (PG_VERSION is missing or unreadable)`,
    remedy: 'restore it from a backup, or move it away to begin with an empty database',
  });
}

/** Makes the cluster aside and renames it into place, so that a kill at any moment leaves nothing half-made. */
export async function initializeCluster(
  place: ClusterPlace,
  initdb: ServerBinaries['initdb'],
  password: string,
): Promise<void> {
  const staging = join(place.home, 'postgres.initializing');
  await removeStaging(staging);
  try {
    await mkdir(staging, { mode: 0o700 });
    if (place.user.switched) await chown(staging, place.user.uid, place.user.gid);
    const passwordFile = join(staging, 'password');
    await writePrivateFile(passwordFile, password, place.user);
    const { exitCode, output } = await runTool({
      command: initdb,
      args: [
        `--pgdata=${join(staging, 'cluster')}`,
        `--username=${databaseName}`,
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        '--auth=scram-sha-256',
        '--no-instructions',
      ],
      user: place.user,
    });
    if (exitCode !== 0) throw initdbFailed(place, output);
    await rename(join(staging, 'cluster'), place.clusterFolder);
    await syncFolder(place.home);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(place.home, error) : error;
  } finally {
    await removeStaging(staging);
  }
}

async function removeStaging(staging: string): Promise<void> {
  const pids = await findServerProcesses(staging);
  if (pids.length > 0) await signalAndWait({ folder: staging, pids, signal: 'SIGKILL', deadlineMs: 10_000 });
  await rm(staging, { recursive: true, force: true });
}

function initdbFailed(place: ClusterPlace, output: string): EmbeddedDatabaseError {
  if (saysDiskFull(output)) return diskFull(place.home, output);
  if (output.includes('could not look up effective user ID')) {
    return new EmbeddedDatabaseError({
      code: 'user_missing',
      what: `uid ${place.user.uid} has no name in /etc/passwd, which PostgreSQL wants to make a new database`,
      remedy: 'run Posthorn as a listed user, add a line for this uid, or set DATABASE_URL to your own PostgreSQL',
      cause: output,
    });
  }
  const lines = output.trim().split('\n');
  return new EmbeddedDatabaseError({
    code: 'initdb_failed',
    what: `initdb could not make the database in ${place.home} (${lines.find((line) => /error|FATAL/.test(line)) ?? lines.at(-1)})`,
    remedy: 'see to that and start Posthorn again, or set DATABASE_URL to your own PostgreSQL',
    cause: output,
  });
}
