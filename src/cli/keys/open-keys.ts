import { join } from 'node:path';
import type pg from 'pg';
import { type Config, environmentWith, readConfig } from '../../config.ts';
import { isMigrated } from '../../database/migrate.ts';
import { createPool } from '../../database/pool.ts';
import { visitDatabase } from '../../database/visit-database.ts';
import { loadOrCreateMasterKeyFile } from '../../sealing/master-key.ts';
import { demandConfig } from '../demand-config.ts';
import { accessProblem } from '../doctor/access-problem.ts';
import { hasDatabase } from '../doctor/check-data-folder.ts';
import { CliFailure, describeError } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type KeyFlags = { config?: string; data?: string; json?: true };

/** What the key verbs work on. */
export type KeyWork = { database: pg.Pool; masterKeys: readonly Buffer[] };

/** Does work with the configured keys on the configured database, and leaves both as they were found. */
export async function withKeys<Result>(
  flags: KeyFlags,
  terminal: Terminal,
  work: (ctx: KeyWork) => Promise<Result>,
): Promise<Result> {
  const reading = readConfig(environmentWith({ POSTHORN_CONFIG: flags.config, POSTHORN_DATA: flags.data }));
  const config = demandConfig(reading, terminal);
  if (config.databaseUrl === null && !(await hasDatabase(config.dataFolder))) {
    throw new CliFailure(
      `there is no database in ${config.dataFolder}`,
      'name the folder with --data or POSTHORN_DATA',
    );
  }
  const masterKeys = await readMasterKeys(config);
  const silent = (): void => undefined;
  const warn = (_fields: object, message: string): void => terminal.err(message);
  const visited = await visitDatabase({ ...config, log: { info: silent, warn, error: warn } }).catch(refuse);
  try {
    const database = createPool({ ...visited.connection, max: 2, application_name: 'posthorn keys' }, silent);
    try {
      await demandMigrated(database);
      return await work({ database, masterKeys });
    } finally {
      await database.end();
    }
  } finally {
    await visited.leave();
  }
}

async function readMasterKeys(config: Config): Promise<readonly Buffer[]> {
  if (config.masterKeys.length > 0) return config.masterKeys;
  const path = join(config.dataFolder, 'master-key');
  if ((await accessProblem(path)) !== null) {
    // A new key would open nothing.
    throw new CliFailure(`there is no master key in ${path}`, 'set POSTHORN_MASTER_KEY or POSTHORN_MASTER_KEY_FILE');
  }
  const file = await loadOrCreateMasterKeyFile(path);
  if (file.ok) return [file.key];
  throw new CliFailure('the master key cannot be read', file.problem);
}

async function demandMigrated(database: pg.Pool): Promise<void> {
  const { rows } = await database
    .query<{ found: boolean }>("SELECT to_regclass('migration') IS NOT NULL AS found")
    .catch(refuse);
  if (rows[0]?.found === true && (await isMigrated(database))) return;
  throw new CliFailure(
    'the database does not have the tables of this release',
    'start a node of this release on it once, then run this again',
  );
}

function refuse(error: unknown): never {
  const { what, remedy } = describeError(error);
  throw new CliFailure(`the database cannot be used: ${what}`, remedy ?? 'see posthorn doctor');
}
