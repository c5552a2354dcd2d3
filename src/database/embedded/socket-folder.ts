import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterPlace } from './cluster-place.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { firstFittingSocketFolder } from './server-settings.rules.ts';

/** `home/socket`, else a folder below the temporary one whose name others cannot guess (`secret`) and squat on. */
export function chooseSocketFolder(place: ClusterPlace, secret: string): string {
  const name = `posthorn-${createHash('sha256').update(`${place.clusterFolder}\0${secret}`).digest('hex').slice(0, 20)}`;
  const folders = [join(place.home, 'socket'), join(tmpdir(), name), join('/tmp', name)];
  return firstFittingSocketFolder(folders, process.platform) ?? join('/tmp', name);
}

/** Makes the folder before each start (temporary folders get swept): entered by the server's user alone. */
export async function prepareSocketFolder(folder: string, place: ClusterPlace): Promise<void> {
  const { user } = place;
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const entry = await lstat(folder);
  if (!entry.isDirectory() || (entry.uid !== user.uid && entry.uid !== process.geteuid?.())) {
    throw new EmbeddedDatabaseError({
      code: 'folder_foreign',
      what: `the socket folder ${folder} belongs to uid ${entry.uid}`,
      remedy: 'remove it, then start Posthorn again',
    });
  }
  await chmod(folder, 0o700);
  if (user.switched) await chown(folder, user.uid, user.gid);
}
