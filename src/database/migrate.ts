import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { secureRows } from './row-security.ts';

const migrationsFolder = new URL('./migrations/', import.meta.url);
const lockKey = '7640387254310913';

/** The numbered migrations, in order: `0001_name.sql`. */
async function listMigrations(): Promise<{ number: number; name: string; url: URL }[]> {
  const files = (await readdir(migrationsFolder)).filter((file) => /^\d{4}_.+\.sql$/.test(file)).sort();
  return files.map((file) => ({ number: Number(file.slice(0, 4)), name: file, url: new URL(file, migrationsFolder) }));
}

/**
 * Brings a database to this release's schema: every missing migration in its own transaction, in order, under one
 * advisory lock, so that nodes that start together take turns. Then every table of teams is guarded by row-level security,
 * as far as this user may. Refuses a database that a newer release has migrated.
 * @returns the names of the migrations that were applied.
 */
export async function migrate(config: pg.ClientConfig): Promise<string[]> {
  const client = new pg.Client({ ...config, application_name: 'posthorn migrate' });
  // Without a listener a connection that breaks between two statements would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(${lockKey})`);
    await client.query(`CREATE TABLE IF NOT EXISTS migration (
      number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const applied = new Set(
      (await client.query<{ number: number }>('SELECT number FROM migration')).rows.map((row) => row.number),
    );
    const known = await listMigrations();
    const newest = known.at(-1)?.number ?? 0;
    const unknown = [...applied].filter((number) => number > newest);
    if (unknown.length > 0) {
      throw new SchemaTooNewError(Math.max(...unknown), newest);
    }
    const missing = known.filter((migration) => !applied.has(migration.number));
    for (const migration of missing) {
      const sql = await readFile(migration.url, 'utf8');
      await client.query('BEGIN');
      await client.query(sql);
      await client.query('INSERT INTO migration (number, name) VALUES ($1, $2)', [migration.number, migration.name]);
      await client.query('COMMIT');
    }
    await secureRows(client);
    return missing.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

/** The database was migrated by a newer release. */
class SchemaTooNewError extends Error {
  constructor(found: number, newest: number) {
    super(
      `the database has migration ${found}, this release knows ${newest}: start the newer Posthorn, or restore a backup made before it`,
    );
    this.name = 'SchemaTooNewError';
  }
}

/** True when every migration of this release is applied. */
export async function isMigrated(pool: Pick<pg.Pool, 'query'>): Promise<boolean> {
  return (await migrationState(pool)) === 'current';
}

/** `newer` is a database that a later release has migrated: this one refuses to start on it. */
export async function migrationState(pool: Pick<pg.Pool, 'query'>): Promise<'current' | 'missing' | 'newer'> {
  const known = (await listMigrations()).at(-1)?.number ?? 0;
  const { rows } = await pool.query<{ newest: number | null }>('SELECT max(number) AS newest FROM migration');
  const newest = rows[0]?.newest ?? 0;
  if (newest === known) return 'current';
  return newest > known ? 'newer' : 'missing';
}
