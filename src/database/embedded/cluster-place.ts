import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { foreignFolder } from './data-folder.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { ensureOwnFolder } from './own-folder.ts';
import { writePrivateFile } from './private-file.ts';
import { type Account, mayOpenToGroup } from './reachability.rules.ts';
import { blockingFolder } from './reachability.ts';
import { chooseServerUser, parsePasswd, type ServerUser } from './server-user.rules.ts';
import { unlessAbsent } from './unless-absent.ts';

/** Where the cluster lives and who runs it. `home` is the data folder unless the server's user cannot reach that. */
export type ClusterPlace = { home: string; clusterFolder: string; user: ServerUser };

/** Where clusters are put that their server could not reach in the data folder. */
export const sharedClusterFolder = '/var/lib/posthorn';

/** In a place away from the data folder: the path of that. */
const ownerName = 'data-folder';

type Pointer = { folder: string; initialized: boolean };

/** Decides the place; makes `home` and leaves a pointer in the data folder when it has to be elsewhere. */
export async function chooseClusterPlace(input: { dataFolder: string; sharedFolder: string }): Promise<ClusterPlace> {
  const { dataFolder } = input;
  const pointer = await readPointer(dataFolder);
  const clusterOwner = await ownerOf(join(pointer?.folder ?? dataFolder, 'postgres'));
  const user = await chooseUser(dataFolder, clusterOwner);
  if (clusterOwner && !user.switched && clusterOwner.uid !== user.uid)
    throw foreignFolder(dataFolder, clusterOwner.uid);
  if (pointer) return await followPointer(dataFolder, pointer, user);
  const blocker = user.switched ? await blockingFolder(dataFolder, user) : undefined;
  if (!blocker) return placeIn(dataFolder, user);
  if (blocker.path === dataFolder && mayOpenToGroup(blocker)) {
    await chown(dataFolder, 0, user.gid);
    await chmod(dataFolder, 0o710);
    return placeIn(dataFolder, user);
  }
  if (clusterOwner) throw unreachable(`uid ${user.uid}, which owns the database, cannot pass through ${blocker.path}`);
  return await relocate(input, user);
}

/** The folder of a cluster that was made before, wherever it had to be put; changes nothing. */
export async function findClusterFolder(dataFolder: string): Promise<string> {
  return join((await readPointer(dataFolder))?.folder ?? dataFolder, 'postgres');
}

/**
 * Called once the cluster exists: from now on its absence is a loss to report, not a first start. The place says whose it is,
 * so that it is known when the data folder is gone.
 */
export async function confirmClusterPlace(dataFolder: string, place: ClusterPlace): Promise<void> {
  if (place.home === dataFolder) return;
  await writePointer(dataFolder, { folder: place.home, initialized: true });
  await writePrivateFile(join(place.home, ownerName), `${dataFolder}\n`);
}

/** The data folder that started a cluster elsewhere the last time; undefined where it is not on record. */
export async function readDataFolderOf(home: string): Promise<string | undefined> {
  return (await unlessAbsent(readFile(join(home, ownerName), 'utf8')))?.trimEnd();
}

async function chooseUser(dataFolder: string, clusterOwner: Account | undefined): Promise<ServerUser> {
  const user = chooseServerUser({
    process: { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
    passwd: parsePasswd(await readFile('/etc/passwd', 'utf8').catch(() => '')),
    dataFolderOwner: await stat(dataFolder),
    clusterOwner,
  });
  if (user) return user;
  throw new EmbeddedDatabaseError({
    code: 'user_missing',
    what: 'PostgreSQL refuses to run as root, and /etc/passwd has no user posthorn, postgres or nobody',
    remedy: 'add a user named posthorn, run Posthorn as another user, or set DATABASE_URL to your own PostgreSQL',
  });
}

async function followPointer(dataFolder: string, pointer: Pointer, user: ServerUser): Promise<ClusterPlace> {
  const place = placeIn(pointer.folder, user);
  if (!pointer.initialized) await mkdir(pointer.folder, { recursive: true, mode: 0o711 });
  else if (!(await ownerOf(place.clusterFolder))) {
    throw new EmbeddedDatabaseError({
      code: 'cluster_missing',
      what: `the database of ${dataFolder} was in ${place.clusterFolder}, which is gone`,
      remedy: `bring that folder back, or remove ${pointerPath(dataFolder)} to begin with an empty database`,
    });
  }
  return place;
}

async function relocate(input: { dataFolder: string; sharedFolder: string }, user: ServerUser): Promise<ClusterPlace> {
  const { dataFolder, sharedFolder } = input;
  if (!(await ensureOwnFolder(sharedFolder, user)) || (await blockingFolder(sharedFolder, user))) {
    throw unreachable(`uid ${user.uid}, which runs the database, can reach neither ${dataFolder} nor ${sharedFolder}`);
  }
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 12);
  const folder = join(sharedFolder, `${name}-${randomBytes(3).toString('hex')}`);
  await writePointer(dataFolder, { folder, initialized: false });
  await mkdir(folder, { mode: 0o711 });
  return placeIn(folder, user);
}

function placeIn(home: string, user: ServerUser): ClusterPlace {
  return { home, clusterFolder: join(home, 'postgres'), user };
}

function pointerPath(dataFolder: string): string {
  return join(dataFolder, 'postgres.location');
}

async function readPointer(dataFolder: string): Promise<Pointer | undefined> {
  const text = await unlessAbsent(readFile(pointerPath(dataFolder), 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Pointer);
}

async function writePointer(dataFolder: string, pointer: Pointer): Promise<void> {
  await writePrivateFile(pointerPath(dataFolder), `${JSON.stringify(pointer)}\n`);
}

async function ownerOf(path: string): Promise<Account | undefined> {
  const found = await unlessAbsent(stat(path));
  return found && { uid: found.uid, gid: found.gid };
}

function unreachable(what: string): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError({
    code: 'folder_unreachable',
    what,
    remedy: 'set POSTHORN_DATA to a folder that it can reach, or run Posthorn as a user of its own',
  });
}
