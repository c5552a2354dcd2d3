import { statfs } from 'node:fs/promises';
import type pg from 'pg';
import { migrationState } from '../database/migrate.ts';
import { rowSecurityOf } from '../database/read-as-team.ts';
import { probeMasterKeys } from '../sealing/probe-master-keys.ts';
import {
  judgeDisk,
  judgeMasterKeys,
  judgeReadiness,
  judgeSpool,
  type ReadinessCheck,
  type SpoolFigures,
} from './readiness.rules.ts';

const databaseTimeoutMs = 2_000;

export type ReadinessSources = {
  database: pg.Pool;
  masterKeys: readonly Buffer[];
  /** Where the embedded database writes; null when the database is elsewhere. */
  dataFolder: string | null;
  engine: () => { joined: boolean; certain: boolean; stalled: boolean };
  stopping: () => boolean;
  /** Durability settings of the server that are weaker than they should be. */
  durabilityWarnings: () => readonly string[];
  spool: () => SpoolFigures;
  now: () => number;
};

/** Whether this node can do its work now: database, migrations, master key, lease, disk, and not on its way down. */
export async function checkReadiness(sources: ReadinessSources) {
  const checks: ReadinessCheck[] = [];
  if (sources.stopping()) checks.push({ name: 'running', ok: false, detail: 'this node is stopping' });
  const database = await checkDatabase(sources.database);
  checks.push(database);
  if (database.ok) checks.push(await checkMasterKeys(sources));
  const engine = sources.engine();
  checks.push({
    name: 'lease',
    ok: engine.certain,
    detail: engine.certain ? 'held' : engine.joined ? 'could not be renewed in time' : 'not joined yet',
  });
  checks.push({
    name: 'settling',
    ok: !engine.stalled,
    detail: engine.stalled ? 'attempts wait to be recorded' : 'attempts are being recorded',
  });
  const weaker = sources.durabilityWarnings();
  checks.push({
    name: 'durability',
    ok: true,
    detail: weaker.length === 0 ? 'fsync, full_page_writes and synchronous_commit are on' : weaker.join('; '),
  });
  const bare = rowSecurityOf(sources.database);
  checks.push({
    name: 'row-security',
    ok: true,
    detail: bare.length === 0 ? 'in force as the backstop of teams' : bare.join('; '),
  });
  checks.push(judgeSpool(sources.spool(), sources.now()));
  checks.push(judgeDisk(await freeBytesOf(sources.dataFolder)));
  return judgeReadiness(checks);
}

const migrationDetails = {
  current: 'answers, and every migration is applied',
  missing: 'migrations are missing: restart this node',
  newer: 'a newer release has migrated it: restart this node with that release',
};

async function checkDatabase(database: pg.Pool): Promise<ReadinessCheck> {
  try {
    const state = await onConnection(database, (client) => migrationState(client));
    return { name: 'database', ok: state === 'current', detail: migrationDetails[state] };
  } catch (error) {
    return { name: 'database', ok: false, detail: `out of reach${codeOf(error)}` };
  }
}

async function checkMasterKeys(sources: Pick<ReadinessSources, 'database' | 'masterKeys'>): Promise<ReadinessCheck> {
  try {
    const { database, masterKeys } = sources;
    return judgeMasterKeys(await onConnection(database, (client) => probeMasterKeys({ database: client, masterKeys })));
  } catch (error) {
    return { name: 'master-key', ok: false, detail: `what is sealed could not be read${codeOf(error)}` };
  }
}

/** One that gives no answer in time is ended: it would keep its place in the pool for as long as any query may take. */
async function onConnection<Value>(database: pg.Pool, look: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
  const client = await database.connect();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${databaseTimeoutMs} ms`)), databaseTimeoutMs);
  try {
    const value = await Promise.race([look(client), late]);
    client.release();
    return value;
  } catch (error) {
    client.release(true);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
}

async function freeBytesOf(folder: string | null): Promise<number | null> {
  if (folder === null) return null;
  const stats = await statfs(folder);
  return stats.bavail * stats.bsize;
}
