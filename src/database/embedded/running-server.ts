import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { ServerConnection } from './await-server.ts';
import { findClusterFolder } from './cluster-place.ts';
import { databaseName, readPassword } from './database-password.ts';
import { unlessAbsent } from './unless-absent.ts';

/**
 * How to reach the server that another Posthorn runs in a data folder, as its pid file has it (PostgreSQL's
 * documentation, "Database File Layout"). Null when none answers there.
 * @throws what a server that is there answers, such as that it is starting up
 */
export async function findRunningServer(dataFolder: string): Promise<ServerConnection | null> {
  const folder = await unlessAbsent(realpath(dataFolder));
  if (folder === undefined) return null;
  const password = await readPassword(folder);
  const pidFile = await unlessAbsent(readFile(join(await findClusterFolder(folder), 'postmaster.pid'), 'utf8'));
  const [, , , port, host] = pidFile?.split('\n') ?? [];
  if (password === undefined || !host || !/^\d+$/.test(port ?? '')) return null;
  const connection = { host, port: Number(port), user: databaseName, password, database: databaseName };
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return connection;
  } catch (error) {
    // The file of a server that was killed stays behind.
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
