import type pg from 'pg';
import { awaitDatabase } from './await-database.ts';
import { checkDurabilitySettings } from './durability-settings.ts';
import type { ServerLog } from './embedded/server-log.ts';
import { startEmbeddedPostgres } from './embedded/start-embedded-postgres.ts';
import { migrate } from './migrate.ts';
import { isDatabaseOutage } from './database-outage.rules.ts';
import { createPool, endPool } from './pool.ts';
import { noteRowSecurity } from './read-as-team.ts';
import { checkRowSecurity } from './row-security.ts';

export type OpenDatabase = {
  connection: pg.ClientConfig;
  embedded: boolean;
  /** Of the embedded server while it runs. */
  pid: () => number | undefined;
  /** Settings of the server that are weaker than a 202 promises, once they are known. */
  durabilityWarnings: () => readonly string[];
  /** Settled when the database answers, is migrated and has its partitions. Rejects when waiting does not help. */
  ready: Promise<void>;
  /** Stops the embedded server; nothing to do for another. */
  stop(): Promise<void>;
};

/** Why row-level security is not in force, of databases that were opened: their pools are made before it is known. */
const rowSecurityAt = new WeakMap<pg.ClientConfig, readonly string[]>();

const patienceMs = 60_000;
/** A node that can work without the database for a while looks for it this long before it starts without. */
const shortPatienceMs = 3_000;

/**
 * Brings up the database: the embedded one or the one of `databaseUrl`, migrated, with its partitions made, and its
 * durability settings and row-level security looked at.
 * @param options.mayStartWithout resolve although a database of `databaseUrl` does not answer yet; `ready` tells when.
 */
export async function openDatabase(options: {
  databaseUrl: string | null;
  dataFolder: string;
  mayStartWithout: boolean;
  log: ServerLog;
}): Promise<OpenDatabase> {
  const { databaseUrl, log } = options;
  const embedded = databaseUrl === null ? await startEmbeddedPostgres(options) : null;
  const connection = embedded?.connection ?? { connectionString: databaseUrl ?? undefined };
  const stop = async (): Promise<void> => embedded?.stop();
  let warnings: readonly string[] = [];
  const bringUp = async (waitMs: number): Promise<void> => {
    await awaitDatabase(connection, {
      patienceMs: waitMs,
      onWaiting: (error) => log.warn({ error }, 'waiting for the database'),
    });
    const applied = await migrate(connection);
    if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
    warnings = await prepare(connection);
    for (const warning of warnings) log.warn({ durability: 'weakened' }, warning);
    for (const warning of rowSecurityAt.get(connection) ?? []) log.warn({ rowSecurity: 'missing' }, warning);
  };
  const opened = (ready: Promise<void>): OpenDatabase => {
    const pid = (): number | undefined => embedded?.pid();
    return { connection, embedded: embedded !== null, pid, durabilityWarnings: () => warnings, ready, stop };
  };
  const waitsOutside = options.mayStartWithout && embedded === null;
  try {
    await bringUp(waitsOutside ? shortPatienceMs : patienceMs);
    return opened(Promise.resolve());
  } catch (error) {
    if (waitsOutside && isDatabaseOutage(error)) return opened(bringUp(Number.POSITIVE_INFINITY));
    await stop();
    throw error;
  }
}

async function prepare(connection: pg.ClientConfig): Promise<readonly string[]> {
  const pool = createPool({ ...connection, max: 1 }, () => undefined);
  try {
    await pool.query('SELECT make_day_partitions(7)');
    const bare = await checkRowSecurity(pool);
    rowSecurityAt.set(
      connection,
      bare.map(({ what, remedy }) => `${what}; ${remedy}`),
    );
    return await checkDurabilitySettings((sql) => pool.query(sql));
  } finally {
    await pool.end();
  }
}

/** Pools apart from each other, so that a slow list cannot keep an accept or a settle waiting for a connection. */
export function createPools(options: {
  connection: pg.ClientConfig;
  databaseConnections: number;
  onError: (error: Error) => void;
}) {
  const { connection, onError } = options;
  const accept = createPool({ ...connection, max: 2, statement_timeout: 10_000, query_timeout: 12_000 }, onError);
  const delivery = createPool({ ...connection, max: 6, statement_timeout: 30_000, query_timeout: 32_000 }, onError);
  const calls = createPool({ ...connection, max: 3, statement_timeout: 10_000, query_timeout: 12_000 }, onError);
  const general = createPool({ ...connection, max: options.databaseConnections }, onError);
  noteRowSecurity(general, () => rowSecurityAt.get(connection) ?? []);
  const all = [accept, delivery, calls, general];
  return { accept, delivery, calls, general, end: () => Promise.all(all.map(endPool)) };
}
