import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded/start-embedded-postgres.ts';
import { familyCpuSeconds } from './processes.ts';

/** One PostgreSQL as Posthorn ships and sets it, for all contestants of a run: a database each. */
export type RigDatabase = {
  /** A new, empty database; its URL for `DATABASE_URL`. */
  create(name: string): Promise<string>;
  query<Row extends pg.QueryResultRow>(url: string, sql: string, values?: unknown[]): Promise<Row[]>;
  /** Shuts the server down, as in an outage, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Processor seconds of the server, all of its processes together. */
  cpuSeconds(): number;
  stop(): Promise<void>;
};

export async function startRigDatabase(): Promise<RigDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-'));
  const silent = { info() {}, warn() {}, error() {} };
  let server = await startEmbeddedPostgres({ dataFolder: folder, log: silent });
  const { host, port, user, password } = server.connection;
  const urlOf = (database: string) =>
    `postgresql://${user}:${encodeURIComponent(password)}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
  const query = async <Row extends pg.QueryResultRow>(url: string, sql: string, values?: unknown[]): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    async create(name) {
      await query(urlOf('postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await query(urlOf('postgres'), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    query,
    pause: () => server.stop(),
    async resume() {
      server = await startEmbeddedPostgres({ dataFolder: folder, log: silent });
    },
    cpuSeconds: () => familyCpuSeconds(server.pid() as number),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
