import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { asTemplate } from './test-database.ts';
import { toDatabase } from './to-database.ts';

/**
 * A database on the run's server, for a Posthorn in a process of its own; dropped when the test ends.
 * @param options.empty nothing is migrated: whoever starts on it does that
 */
export async function createOwnDatabase(
  options: { empty?: boolean } = {},
): Promise<{ config: pg.ClientConfig; url: string; name: string }> {
  const server = inject('testServer');
  const name = `posthorn_own_${randomBytes(8).toString('hex')}`;
  await run(server, `CREATE DATABASE ${name} ${options.empty === true ? '' : asTemplate()}`);
  onTestFinished(() => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const config = toDatabase(server, name);
  return { config, url: databaseUrlOf(config), name };
}

/** The URL that leads to the same database; through `port` of loopback when one is given. */
export function databaseUrlOf(config: pg.ClientConfig, port?: number): string {
  if (config.connectionString !== undefined) {
    const url = new URL(config.connectionString);
    if (port !== undefined) url.host = `127.0.0.1:${port}`;
    return url.href;
  }
  const user = encodeURIComponent(config.user ?? '');
  const password = encodeURIComponent(typeof config.password === 'string' ? config.password : '');
  const place =
    port === undefined
      ? `/${config.database}?host=${encodeURIComponent(config.host ?? '')}&port=${config.port}`
      : `127.0.0.1:${port}/${config.database}`;
  return `postgresql://${user}:${password}@${place}`;
}

/** Where the server listens: its Unix socket, or host and port. */
export function placeOfServer(config: pg.ClientConfig): { path: string } | { host: string; port: number } {
  if (config.connectionString !== undefined) {
    const url = new URL(config.connectionString);
    return { host: url.hostname, port: Number(url.port || 5432) };
  }
  const host = config.host ?? '127.0.0.1';
  const port = config.port ?? 5432;
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

async function run(config: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
