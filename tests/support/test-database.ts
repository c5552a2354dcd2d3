import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { toDatabase } from './to-database.ts';

export interface TestDatabase extends AsyncDisposable {
  /** For a connection or a pool of the test's own, which must be ended before `drop`. */
  config: pg.ClientConfig;
  pool: pg.Pool;
  /**
   * Ends the pool and drops the database.
   * @throws when a client was not released or another connection is still open: the code under test leaks it
   */
  drop: () => Promise<void>;
}

const settleMs = 2000;

/** A migrated database of its own for one test or one file, cloned from the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `posthorn_test_${randomBytes(8).toString('hex')}`;
  const server = inject('testServer');
  await withClient(server, (client) => client.query(`CREATE DATABASE ${name} ${asTemplate()}`));

  const config = toDatabase(server, name);
  const pool = new pg.Pool({ ...config, max: 4, application_name: 'posthorn test pool' });
  pool.on('error', () => undefined);
  const drop = async (): Promise<void> => {
    const unreleased = pool.totalCount - pool.idleCount;
    const ended = pool.end();
    const leaked = await withClient(server, async (client) => {
      const open = unreleased > 0 ? [] : await connectionsLeftOpen(client, name);
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      return open;
    });
    if (unreleased > 0) throw new Error(`${unreleased} clients of the test pool were not released`);
    await ended;
    if (leaked.length > 0) throw new Error(`connections were left open:\n${leaked.join('\n')}`);
  };
  return { config, pool, drop, [Symbol.asyncDispose]: drop };
}

/**
 * How a database is made from the run's migrated one: as files, since it is a thousand small ones, and through the log each
 * page of them would be written twice.
 */
export function asTemplate(): string {
  return `TEMPLATE ${inject('testTemplate')} STRATEGY FILE_COPY`;
}

/** A server process outlives its client by some milliseconds, so what is still there after a while is a leak. */
async function connectionsLeftOpen(client: pg.Client, database: string): Promise<string[]> {
  const giveUpAt = performance.now() + settleMs;
  for (;;) {
    const { rows } = await client.query<{ description: string }>(
      `SELECT format('%s (%s): %s', application_name, state, left(query, 200)) AS description
       FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0 || performance.now() > giveUpAt) return rows.map((row) => row.description);
    await client.query('SELECT pg_sleep(0.01)');
  }
}

async function withClient<Result>(
  config: pg.ClientConfig,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
