import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { diskFull } from './data-folder.ts';
import { databaseName } from './database-password.ts';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { saysDiskFull } from './server-log.rules.ts';
import type { ServerLog } from './server-log.ts';
import type { ServerProcess } from './server-process.ts';

export type ServerConnection = { host: string; port: number; user: string; password: string; database: string };

/**
 * Waits until the server takes connections, telling from time to time that it recovers, and makes the database if it
 * is absent. Throws when the server ends first, when the deadline passes, or when `signal` is aborted.
 */
export async function awaitServer(input: {
  server: ServerProcess;
  connection: ServerConnection;
  clusterFolder: string;
  passwordFile: string;
  deadlineMs: number;
  signal: AbortSignal;
  log: ServerLog;
}): Promise<void> {
  const { server, signal } = input;
  const startedAt = performance.now();
  let toldAt = startedAt;
  while (!(await tryConnect(input))) {
    const now = performance.now();
    if (signal.aborted) throw stopped();
    if (server.hasExited()) throw await startFailed(input);
    if (now - startedAt > input.deadlineMs) throw await startTimeout(input);
    if (now - toldAt > 3_000) {
      toldAt = now;
      const waitedSeconds = Math.round((now - startedAt) / 1000);
      input.log.info({ waitedSeconds }, 'PostgreSQL is recovering; waiting until it is ready');
    }
    await delay(20);
  }
}

async function tryConnect(input: { connection: ServerConnection; passwordFile: string }): Promise<boolean> {
  const client = new pg.Client({ ...input.connection, database: 'postgres', connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`create database ${databaseName}`);
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === '28P01' || code === '28000') throw passwordRejected(input.passwordFile, error);
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function passwordRejected(passwordFile: string, cause: unknown): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError({
    code: 'password_rejected',
    what: `the database rejects the password in ${passwordFile}`,
    remedy: 'remove that file and start Posthorn again: it then sets a new password',
    cause,
  });
}

async function startFailed(input: { server: ServerProcess; clusterFolder: string }): Promise<EmbeddedDatabaseError> {
  const { reason } = await input.server.exited;
  const said = await input.server.lastLines();
  if (saysDiskFull(said)) return diskFull(input.clusterFolder, said);
  return new EmbeddedDatabaseError({
    code: 'start_failed',
    what: `PostgreSQL ended before it was ready (${reason}): ${said || 'it said nothing'}`,
    remedy: 'see to that and start Posthorn again, or restore a backup if the files are damaged',
  });
}

async function startTimeout(input: { deadlineMs: number; server: ServerProcess }): Promise<EmbeddedDatabaseError> {
  const said = await input.server.lastLines();
  return new EmbeddedDatabaseError({
    code: 'start_timeout',
    what: `PostgreSQL was not ready within ${Math.round(input.deadlineMs / 1000)} s (it said: ${said})`,
    remedy: 'start Posthorn again: recovery goes on where it was',
  });
}

function stopped(): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError({
    code: 'stopped',
    what: 'Posthorn was stopped while PostgreSQL was starting',
    remedy: 'start Posthorn again',
  });
}
