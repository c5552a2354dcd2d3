import { constants, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config.ts';
import { parseMasterKeys } from '../../configuration/key-settings.ts';
import { counted } from '../terminal/readable.rules.ts';
import { accessProblem } from './access-problem.ts';
import { type Finding, fail, ok, warn } from './finding.rules.ts';

/** The folder's rights, and the keys that are kept in it. */
export async function checkDataFolder(config: Config): Promise<Finding[]> {
  const folder = config.dataFolder;
  const hidden = await accessProblem(folder);
  if (hidden === 'ENOENT') return [await checkParent(folder), ...(await checkKeys(config, false))];
  if (hidden !== null) {
    return [fail('data folder', `${folder} cannot be looked at (${hidden})`, 'give this user rights on it')];
  }
  const found = await stat(folder);
  if (!found.isDirectory()) {
    return [fail('data folder', `${folder} is no folder`, 'move that file away, or set POSTHORN_DATA elsewhere')];
  }
  const rights = await accessProblem(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  if (rights !== null) {
    const remedy = `chown it to uid ${process.geteuid?.()}, or set POSTHORN_DATA to another folder`;
    return [fail('data folder', `${folder} cannot be written (${rights})`, remedy)];
  }
  const open = process.platform !== 'win32' && (found.mode & 0o007) !== 0;
  const finding = open
    ? warn('data folder', `${folder} is open to everyone on this machine`, `chmod 700 ${folder}`)
    : ok('data folder', folder);
  return [finding, ...(await checkKeys(config, await hasDatabase(folder)))];
}

async function checkParent(folder: string): Promise<Finding> {
  let above = dirname(folder);
  for (;;) {
    const code = await accessProblem(above, constants.W_OK | constants.X_OK);
    if (code === null) return ok('data folder', `${folder} will be made at the first start`);
    if (code !== 'ENOENT' || dirname(above) === above) {
      const remedy = 'make it for this user, or set POSTHORN_DATA to another folder';
      return fail('data folder', `${folder} is absent and ${above} cannot be written (${code})`, remedy);
    }
    above = dirname(above);
  }
}

async function checkKeys(config: Config, databaseExists: boolean): Promise<Finding[]> {
  const master =
    config.masterKeys.length > 0
      ? ok('master key', `${counted(config.masterKeys.length, 'key')} from the configuration; the first seals`)
      : await checkKeyFile(config, 'master key', 'master-key', (text) => {
          const parsed = parseMasterKeys(text);
          return parsed.ok ? null : parsed.what;
        });
  const operator =
    config.operatorKey === null
      ? await checkKeyFile(config, 'operator key', 'operator-key', (text) => (text.trim() === '' ? 'is empty' : null))
      : ok('operator key', 'from the configuration');
  if (databaseExists && master.what.endsWith(madeLater)) {
    const remedy = 'bring the file back from a backup: without it, sealed secrets stay closed';
    return [
      fail('master key', `${join(config.dataFolder, 'master-key')} is gone, and there is a database`, remedy),
      operator,
    ];
  }
  return [master, operator];
}

/** Those of the configuration, or of the file in the data folder; none where that holds none that can be read. */
export async function keptMasterKeys(config: Config): Promise<readonly Buffer[]> {
  if (config.masterKeys.length > 0) return config.masterKeys;
  const text = await readFile(join(config.dataFolder, 'master-key'), 'utf8').catch(() => '');
  const parsed = parseMasterKeys(text);
  return parsed.ok ? parsed.value : [];
}

const madeLater = 'will be made at the first start';

async function checkKeyFile(
  config: Config,
  check: string,
  name: string,
  problemOf: (text: string) => string | null,
): Promise<Finding> {
  const path = join(config.dataFolder, name);
  try {
    const problem = problemOf(await readFile(path, 'utf8'));
    if (problem !== null) return fail(check, `${path} ${problem}`, 'bring the file back from a backup');
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      return fail(check, `others can read ${path}`, `chmod 600 ${path}, and change the key if others may have read it`);
    }
    return ok(check, `in ${path}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return ok(check, `${path} ${madeLater}`);
    return fail(check, `${path} cannot be read (${code})`, 'give this user the right to read it');
  }
}

/** The embedded database's folder, or the pointer to where it had to be put. */
export async function hasDatabase(folder: string): Promise<boolean> {
  return (await exists(join(folder, 'postgres', 'PG_VERSION'))) || (await exists(join(folder, 'postgres.location')));
}

/** True also when it may not be looked at: another user's database is still a database. */
async function exists(path: string): Promise<boolean> {
  return (await accessProblem(path)) !== 'ENOENT';
}
