import { once } from 'node:events';
import pg from 'pg';

/**
 * The pool of one process. Statements are bounded, so that a stuck server fails a request instead of holding it, and
 * a lost connection is an event for the log, never the end of the process.
 */
export function createPool(config: pg.PoolConfig, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    application_name: 'posthorn',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 60_000,
    query_timeout: 65_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...config,
  });
  pool.on('error', onError);
  // The pool listens to idle clients only: one that breaks between two statements of a transaction would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  closeIdleAfterSilence(pool);
  rememberOpen(pool);
  return pool;
}

/** Connections of a pool whose sockets are open, those included that were told to end and did not. */
const openClients = new WeakMap<pg.Pool, Set<pg.PoolClient>>();

function rememberOpen(pool: pg.Pool): void {
  const open = new Set<pg.PoolClient>();
  openClients.set(pool, open);
  pool.on('connect', (client) => {
    open.add(client);
    client.once('end', () => open.delete(client));
  });
}

const endPatienceMs = 2_000;

/**
 * Ends a pool of `createPool`: what is under way may end within two seconds. A server that is frozen answers neither a
 * statement nor a goodbye, and its sockets would keep the process: they are closed then, and statements fail.
 */
export async function endPool(pool: pg.Pool): Promise<void> {
  const open = openClients.get(pool) ?? new Set<pg.PoolClient>();
  const patience = setTimeout(() => {
    for (const client of open) client.connection.stream.destroy();
  }, endPatienceMs);
  await pool.end();
  // A pool has ended when it has said goodbye; a process cannot before its sockets have.
  await Promise.all([...open].map((client) => once(client, 'end')));
  clearTimeout(patience);
}

/**
 * A connection that stopped answering was rarely alone (a firewall that forgot, a server that froze): those that lie
 * idle are closed with it, so that the next calls do not wait out one timeout for each of them.
 */
function closeIdleAfterSilence(pool: pg.Pool): void {
  const idle = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => idle.delete(client));
  pool.on('remove', (client) => idle.delete(client));
  pool.on('release', (error: unknown, client) => {
    if (!isSilence(error)) {
      if (!error) idle.add(client);
      return;
    }
    for (const other of idle) other.connection.stream.destroy();
    idle.clear();
  });
}

/** True when a statement was given up without an answer: its connection is not worth another word. */
export function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}
