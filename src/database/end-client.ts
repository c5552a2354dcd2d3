import type pg from 'pg';

const goodbyePatienceMs = 2_000;

/**
 * Ends a connection. A server that is frozen does not answer the goodbye, and its socket would keep the process: it is
 * closed after two seconds, and what is under way on it fails.
 */
export async function endClient(client: pg.Client): Promise<void> {
  const patience = setTimeout(() => client.connection.stream.destroy(), goodbyePatienceMs);
  await client.end().catch(() => undefined);
  clearTimeout(patience);
}
