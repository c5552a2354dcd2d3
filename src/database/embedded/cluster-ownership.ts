import { lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerUser } from './server-user.rules.ts';

/**
 * Gives a cluster that root owns (restored from an archive, say) to the server's user. The folder itself comes last:
 * its owner tells that all below is done, so a kill in the middle is made good by the next start.
 */
export async function takeOwnership(clusterFolder: string, user: ServerUser): Promise<void> {
  if (!user.switched || (await stat(clusterFolder)).uid === user.uid) return;
  for (const name of await readdir(clusterFolder, { recursive: true })) {
    await lchown(join(clusterFolder, name), user.uid, user.gid);
  }
  await lchown(clusterFolder, user.uid, user.gid);
}
