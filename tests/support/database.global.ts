import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded/start-embedded-postgres.ts';
import { migrate } from '../../src/database/migrate.ts';
import { memoryFolder, removeLeftovers } from './memory-folder.ts';
import { toDatabase } from './to-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server for this run; `database` is the one to connect to for `CREATE DATABASE`. */
    testServer: pg.ClientConfig;
    /** A migrated database that `createTestDatabase` clones; nothing connects to it. */
    testTemplate: string;
  }
}

/**
 * One PostgreSQL for the whole run: the embedded one in a temporary folder, in memory where there is room, or the server
 * that `POSTHORN_TEST_DATABASE_URL` names, whose user must be allowed to create databases.
 */
export default async function startTestDatabase(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['POSTHORN_TEST_DATABASE_URL'];
  const server = url === undefined ? await startTemporaryServer() : givenServer(url);
  const template = `posthorn_template_${randomBytes(6).toString('hex')}`;
  try {
    await execute(server.connection, `CREATE DATABASE ${template}`);
    await migrate(toDatabase(server.connection, template));
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('testServer', server.connection);
  project.provide('testTemplate', template);
  return async () => {
    await execute(server.connection, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await server.stop();
  };
}

/** Nobody misses this database after a power cut, and every worker of the run has its pools. */
const disposable = { fsync: 'off', full_page_writes: 'off', max_connections: '200' };
const silent = { info: () => undefined, warn: () => undefined, error: console.error };

interface TestServer {
  connection: pg.ClientConfig;
  stop: () => Promise<void>;
}

function givenServer(connectionString: string): TestServer {
  return { connection: { connectionString }, stop: () => Promise.resolve() };
}

async function startTemporaryServer(): Promise<TestServer> {
  const prefix = 'posthorn-test-';
  removeLeftovers(prefix);
  const dataFolder = await mkdtemp(join(memoryFolder(), `${prefix}${process.pid}-`));
  // Run by root, the server has another user, who must be able to pass through.
  await chmod(dataFolder, 0o711);
  const server = await startEmbeddedPostgres({ dataFolder, log: silent, settings: disposable });
  return {
    connection: server.connection,
    stop: async () => {
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

async function execute(connection: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
