import pg from 'pg';
import { checkDurabilitySettings } from '../../database/durability-settings.ts';
import { migrationState } from '../../database/migrate.ts';
import { checkRowSecurity } from '../../database/row-security.ts';
import type { Config } from '../../config.ts';
import { judgeMasterKeys } from '../../operations/readiness.rules.ts';
import { probeMasterKeys } from '../../sealing/probe-master-keys.ts';
import { readableDuration } from '../terminal/readable.rules.ts';
import { describeError } from '../failure.ts';
import { type Finding, fail, ok, warn } from './finding.rules.ts';

const oldestMajor = 15;
const connectTimeoutMs = 5000;
/** Connections that a node opens beside POSTHORN_DATABASE_CONNECTIONS: accepting, settling, listening. */
const ownConnections = 10;

/** What is asked of the server in one go. */
type ServerFacts = {
  version: number;
  standby: boolean;
  connections: number;
  now_ms: number;
  may_create: boolean;
  has_migrations: boolean;
};

/** Judges the database of DATABASE_URL: reachable, version, role, durability, schema, row security, clock, master keys. */
export async function checkDatabase(
  url: string,
  config: Pick<Config, 'databaseConnections'> & { masterKeys: readonly Buffer[] },
): Promise<Finding[]> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'posthorn doctor',
  });
  pool.on('error', () => undefined);
  try {
    const askedAtMs = Date.now();
    const startedAt = performance.now();
    const facts = await readFacts(pool);
    const roundTripMs = performance.now() - startedAt;
    const state = facts.has_migrations ? await migrationState(pool) : null;
    return [
      ...judgeServer(facts, config),
      judgeClock(facts.now_ms - (askedAtMs + roundTripMs / 2), roundTripMs),
      ...(await judgeDurability(pool)),
      judgeMigrations(state, facts),
      // Another release may seal what is in other tables.
      ...(state === 'current' ? await judgeSealing(pool, config.masterKeys) : []),
      ...(facts.has_migrations ? await judgeRowSecurity(pool) : []),
    ];
  } catch (error) {
    return [judgeFailure(error)];
  } finally {
    await pool.end();
  }
}

async function readFacts(pool: pg.Pool): Promise<ServerFacts> {
  await pool.query('SELECT 1');
  const { rows } = await pool.query<ServerFacts>(
    `SELECT current_setting('server_version_num')::int AS version,
            pg_is_in_recovery() AS standby,
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              AS connections,
            (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms,
            coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
            to_regclass('migration') IS NOT NULL AS has_migrations`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the database answered with no row');
  return facts;
}

function judgeServer(facts: ServerFacts, config: Pick<Config, 'databaseConnections'>): Finding[] {
  const version = `PostgreSQL ${Math.floor(facts.version / 10_000)}.${facts.version % 10_000}`;
  const old = facts.version < oldestMajor * 10_000;
  const findings = [
    old
      ? fail('database', `${version} is too old`, `upgrade it to ${oldestMajor} or newer`)
      : ok('database', `${version} is reachable`),
  ];
  if (facts.standby) findings.push(fail('database', 'it is a standby', 'name the primary in DATABASE_URL'));
  const wanted = config.databaseConnections + ownConnections;
  if (wanted > facts.connections) {
    const what = `it allows ${facts.connections}, and one node opens up to ${wanted}`;
    findings.push(fail('connections', what, 'raise max_connections there, or lower POSTHORN_DATABASE_CONNECTIONS'));
  }
  return findings;
}

function judgeClock(offMs: number, roundTripMs: number): Finding {
  const off = Math.max(0, Math.abs(offMs) - roundTripMs / 2);
  if (off < 1000) return ok('clock', `within ${readableDuration(off)} of the database's`);
  const what = `${readableDuration(off)} ${offMs > 0 ? 'behind' : 'ahead of'} the database's`;
  const remedy = 'let NTP set the clocks of both machines (timedatectl set-ntp true)';
  return off < 60_000 ? warn('clock', what, remedy) : fail('clock', what, remedy);
}

async function judgeDurability(pool: pg.Pool): Promise<Finding[]> {
  const warnings = await checkDurabilitySettings((sql) => pool.query<{ name: string; setting: string }>(sql));
  if (warnings.length === 0) return [ok('durability', 'a commit survives a crash')];
  return warnings.map((what) => warn('durability', what, 'set it to on in postgresql.conf and reload the server'));
}

async function judgeRowSecurity(pool: pg.Pool): Promise<Finding[]> {
  const warnings = await checkRowSecurity(pool);
  if (warnings.length === 0) return [ok('row security', 'reads on behalf of a team are kept to its rows')];
  return warnings.map(({ what, remedy }) => warn('row security', what, remedy));
}

/** Whether the configured keys open what is sealed; nothing where there are none to look with. */
async function judgeSealing(pool: pg.Pool, masterKeys: readonly Buffer[]): Promise<Finding[]> {
  if (masterKeys.length === 0) return [];
  const { ok: opens, detail } = judgeMasterKeys(await probeMasterKeys({ database: pool, masterKeys }));
  if (opens) return [ok('sealed values', 'the master key opens what is in use')];
  const [what = detail, remedy = 'see posthorn keys status'] = detail.split(/: (.*)/s);
  return [fail('sealed values', what, remedy)];
}

function judgeMigrations(state: Awaited<ReturnType<typeof migrationState>> | null, facts: ServerFacts): Finding {
  if (state === null) {
    if (facts.may_create) return ok('schema', 'empty; made at the first start');
    return fail('schema', 'empty, and this user may not make tables', 'GRANT CREATE ON SCHEMA public TO that user');
  }
  if (state === 'current') return ok('schema', 'every migration of this release is applied');
  if (state === 'missing') return warn('schema', 'migrations are missing', 'they are applied at the next start');
  return fail('schema', 'a newer release has migrated it', 'start that one, or restore a backup made before it');
}

function judgeFailure(error: unknown): Finding {
  const { what, remedy: known } = describeError(error);
  const code = (error as { code?: string }).code ?? '';
  const remedies: Record<string, string> = {
    ECONNREFUSED: 'start PostgreSQL, or mend host and port in DATABASE_URL',
    ENOTFOUND: 'mend the host in DATABASE_URL',
  };
  const remedy = remedies[code] ?? known ?? 'mend DATABASE_URL, or start the server';
  return fail('database', `cannot be used: ${what}`, remedy);
}
