import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, cp, lstat, readdir, readFile, rename, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { discardDatabase, holdsItsDatabase } from '../../database/discard-database.ts';
import { openDatabase } from '../../database/open-database.ts';
import { makeDrillFolder, removeDrillFolder } from './drill-folder.ts';
import { quietLog } from './quiet-log.ts';

const migrations = new URL('../../database/migrations/', import.meta.url);
/** What belongs to the process that has the folder, not to the folder. */
const ofAProcess = new Set(['posthorn.lock', 'postmaster.pid', 'socket']);
const making = new Map<string, Promise<string | null>>();

/**
 * Puts a database with all migrations into an empty data folder, as a copy of one that was made once for all drills of
 * these migrations. Leaves the folder empty where there can be no such copy: then the node makes its own.
 */
export async function fillFromTemplate(folder: string): Promise<void> {
  const path = join(tmpdir(), templatePrefix() + (await digestOfMigrations()));
  if (!making.has(path)) making.set(path, findOrMake(path));
  const template = await making.get(path);
  if (template === null || template === undefined) return;
  await cp(template, folder, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (from) => !ofAProcess.has(basename(from)),
  });
  await chmod(join(folder, 'postgres'), 0o700);
  await chmod(folder, 0o700);
}

/** Removes templates that no release here has used for a week. */
export async function sweepTemplates(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(templatePrefix())) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => null);
    if (found !== null && isOurs(found) && Date.now() - Number(found.mtimeMs) > unusedMs) await removeDrillFolder(path);
  }
}

const templatePrefix = (): string => `posthorn-drills-${process.geteuid?.() ?? 0}-`;
const unusedMs = 7 * 86_400_000;

/** The folder of the template; null where it cannot be copied. */
async function findOrMake(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  if (found !== null) {
    if (!isOurs(found)) return null;
    await utimes(path, new Date(), new Date());
    return path;
  }
  const made = await makeDrillFolder();
  try {
    const database = await openDatabase({ databaseUrl: null, dataFolder: made, mayStartWithout: false, log: quietLog });
    await database.stop();
    if (await holdsItsDatabase(made)) {
      await rename(made, path);
      return path;
    }
    await discardDatabase(made);
  } catch {
    // Another process made it at the same time, or there is no room for one: a node tells of its own troubles.
    const there = await lstat(path).catch(() => null);
    if (there !== null && isOurs(there)) return path;
  } finally {
    await removeDrillFolder(made);
  }
  return null;
}

/** In a folder for everyone, somebody else may have put something under that name. */
function isOurs(entry: Awaited<ReturnType<typeof lstat>>): boolean {
  const { uid, mode } = entry;
  return entry.isDirectory() && Number(uid) === (process.geteuid?.() ?? Number(uid)) && (Number(mode) & 0o022) === 0;
}

async function digestOfMigrations(): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} `);
  for (const name of (await readdir(migrations)).filter((each) => each.endsWith('.sql')).sort()) {
    hash.update(name).update(await readFile(new URL(name, migrations)));
  }
  return hash.digest('hex').slice(0, 16);
}
