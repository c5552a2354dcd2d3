import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { serverMajorVersion } from './cluster-version.rules.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { ensureLibraryLinks } from './library-links.ts';
import { ensureOwnFolder } from './own-folder.ts';
import { permissionsOf } from './reachability.rules.ts';
import { blockingFolder } from './reachability.ts';
import { copyServer } from './server-copy.ts';
import type { ServerPackage } from './server-package.ts';
import { binaryUnusable, runTool } from './server-spawn.ts';
import type { ServerUser } from './server-user.rules.ts';

export type ServerBinaries = { postgres: string; initdb: string; major: number };

/**
 * Programs that `user` can really run: those of npm's package, else a copy below the first usable of `copyParents`
 * (when the clone is in a private home, or its library links are absent and it is read-only).
 */
export async function prepareServerBinaries(input: {
  server: ServerPackage;
  user: ServerUser;
  copyParents: string[];
}): Promise<ServerBinaries> {
  const { server, user } = input;
  const usable = (await isReachable(server.nativeFolder, user)) && (await ensureLibraryLinks(server.nativeFolder));
  const bin = join(usable ? server.nativeFolder : await copyTo(input), 'bin');
  const postgres = join(bin, 'postgres');
  const { exitCode, output } = await runTool({ command: postgres, args: ['--version'], user });
  const major = serverMajorVersion(output);
  if (exitCode !== 0 || major === undefined) throw binaryUnusable(postgres, output.trim().split('\n')[0] ?? '');
  return { postgres, initdb: join(bin, 'initdb'), major };
}

async function isReachable(nativeFolder: string, user: ServerUser): Promise<boolean> {
  if (!user.switched) return true;
  const folders = ['bin', 'lib', 'lib/postgresql', 'share/postgresql'].map((name) => join(nativeFolder, name));
  for (const folder of folders) if (await blockingFolder(folder, user)) return false;
  return (permissionsOf(user, await stat(join(nativeFolder, 'bin/postgres'))) & 5) === 5;
}

async function copyTo(input: { server: ServerPackage; user: ServerUser; copyParents: string[] }): Promise<string> {
  for (const parent of input.copyParents) {
    if (!(await ensureOwnFolder(parent, input.user))) continue;
    if (input.user.switched && (await blockingFolder(parent, input.user))) continue;
    const copy = await copyServer(input.server.nativeFolder, join(parent, 'bin', input.server.version));
    if (await ensureLibraryLinks(copy)) return copy;
  }
  throw new EmbeddedDatabaseError({
    code: 'folder_unreachable',
    what: `uid ${input.user.uid}, which runs the database, cannot use the programs in ${input.server.nativeFolder}`,
    remedy: `make that folder readable for it, or make ${input.copyParents[0]} a folder that only root can write`,
  });
}
