import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { databaseUrlOf } from '../../tests/support/own-database.ts';
import { toDatabase } from '../../tests/support/to-database.ts';
import { createIdSource } from '../ids/id-source.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { migrate } from './migrate.ts';
import { createPool, endPool } from './pool.ts';
import { noteRowSecurity, readAsTeam } from './read-as-team.ts';
import { checkRowSecurity } from './row-security.ts';

const ids = createIdSource({ now: Date.now });
const ours = ids.next('team');
const theirs = ids.next('team');

type Column = { name: string; type: string };
type Table = { name: string; key: string; columns: Column[] };

/** Every table that has teams, with the columns that a row needs. */
async function tablesOfTeams(pool: pg.Pool): Promise<Table[]> {
  const { rows } = await pool.query<Table>(
    `SELECT c.relname AS name, CASE WHEN c.relname = 'team' THEN 'id' ELSE 'team_id' END AS key,
        (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)))
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
            AND NOT a.atthasdef AND a.attidentity = '') AS columns
      FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND (c.relname = 'team' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id'))
      ORDER BY 1`,
  );
  return rows;
}

function valueFor(type: string): unknown {
  if (type === 'uuid') return uuidFromId(ids.next('evt'));
  if (type === 'text') return randomBytes(6).toString('hex');
  if (type === 'bytea') return Buffer.from('x');
  if (type === 'boolean') return false;
  if (type.endsWith('[]')) return [];
  if (type.startsWith('json')) return '{}';
  if (type.startsWith('timestamp') || type === 'date') return new Date();
  return 1;
}

/** A row of each team in every table, whatever a row of it has to mean. */
async function fill(pool: pg.Pool, tables: readonly Table[]): Promise<void> {
  const { rows } = await pool.query<{ statement: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS statement FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') AND conparentid = 0 AND conislocal`,
  );
  for (const { statement } of rows) await pool.query(statement);
  for (const { name, key, columns } of tables) {
    for (const team of [ours, theirs]) {
      const all = [...new Set([key, ...columns.map((column) => column.name)])];
      const types = new Map(columns.map((column) => [column.name, column.type]));
      const values = all.map((column) => (column === key ? uuidFromId(team) : valueFor(types.get(column) ?? '')));
      const places = all.map((_, index) => `$${index + 1}`);
      await pool.query(
        `INSERT INTO "${name}" (${all.map((each) => `"${each}"`).join()}) VALUES (${places.join()})`,
        values,
      );
    }
  }
}

async function onServer(work: (server: pg.Client) => Promise<unknown>): Promise<void> {
  const server = new pg.Client(inject('testServer'));
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

const whoami = `SELECT current_user = session_user AS itself, coalesce(current_setting('posthorn.team', true), '') AS team`;

describe('every table that has teams', () => {
  let database: TestDatabase;
  let tables: Table[];
  beforeAll(async () => {
    database = await createTestDatabase();
    tables = await tablesOfTeams(database.pool);
    await fill(database.pool, tables);
  });
  afterAll(() => database.drop());

  test('is guarded by a policy, as far as the catalogue says', async () => {
    expect(tables.length).toBeGreaterThan(40);
    expect(await checkRowSecurity(database.pool)).toEqual([]);
  });

  test('shows a query without any condition the rows of one team, and none when no team is named', async () => {
    for (const { name, key } of tables) {
      const query = `SELECT DISTINCT "${key}" AS team FROM "${name}"`;
      const all = await database.pool.query<{ team: string }>(query);
      expect(all.rowCount, name).toBeGreaterThan(1);
      const seen = await readAsTeam(database.pool, ours, async (reader) => {
        const ofOurs = await reader.query<{ team: string }>(query);
        await reader.query(`SELECT set_config('posthorn.team', '', true)`);
        return { ofOurs: ofOurs.rows, ofNobody: (await reader.query(query)).rows };
      });
      expect(seen, name).toEqual({ ofOurs: [{ team: uuidFromId(ours) }], ofNobody: [] });
    }
  });

  test('is found when a policy is gone, or row-level security is off, and guarded again by the next start', async () => {
    for (const planted of [
      'DROP POLICY everyone ON attempt',
      'ALTER TABLE attempt DISABLE ROW LEVEL SECURITY',
      `DO $$ BEGIN EXECUTE format('REVOKE SELECT ON attempt FROM %I', current_user || '_team_reader'); END $$`,
      `DO $$ BEGIN EXECUTE format('ALTER POLICY %I ON attempt USING (true)', current_user || '_team_reader'); END $$`,
      'CREATE TABLE planted (team_id uuid NOT NULL)',
    ]) {
      await database.pool.query(planted);
      const [warning] = await checkRowSecurity(database.pool);
      expect(warning?.what, planted).toMatch(/could not guard (attempt|planted)$/);
      await migrate(database.config);
      expect(await checkRowSecurity(database.pool), planted).toEqual([]);
    }
  });

  test('is planned for its owner as if there were no policy, and by the same index for a reader', async () => {
    const look = `EXPLAIN SELECT * FROM attempt WHERE team_id = $1 AND delivery_id = $2`;
    const values = [uuidFromId(ours), uuidFromId(ids.next('dlv'))];
    const textOf = ({ rows }: pg.QueryResult<{ 'QUERY PLAN': string }>) =>
      rows.map((row) => row['QUERY PLAN']).join('\n');
    const owner = textOf(await database.pool.query(look, values));
    const reader = textOf(await readAsTeam(database.pool, ours, (client) => client.query(look, values)));
    expect(owner).not.toContain('posthorn.team');
    expect(reader).toContain('posthorn.team');
    for (const plan of [owner, reader]) expect(plan.match(/Index Scan using attempt_\w+_pkey/g)).toHaveLength(1);
  });
});

describe('a connection that read on behalf of a team', () => {
  async function lonelyPool() {
    const database = await createTestDatabase();
    const pool = createPool({ ...database.config, max: 1 }, () => undefined);
    onTestFinished(async () => {
      await endPool(pool);
      await database.drop();
    });
    return pool;
  }
  const itself = { itself: true, team: '' };

  test('is itself again after an answer', async () => {
    const pool = await lonelyPool();
    const { rows } = await readAsTeam(pool, ours, (reader) => reader.query(whoami));
    expect(rows).toEqual([{ itself: false, team: uuidFromId(ours) }]);
    expect((await pool.query(whoami)).rows).toEqual([itself]);
  });

  test.each<[string, (reader: Pick<pg.PoolClient, 'query'>) => Promise<unknown>, RegExp]>([
    ['a statement that fails', (reader) => reader.query('SELECT 1 / 0'), /division by zero/],
    ['one that takes too long', (reader) => reader.query('SELECT pg_sleep(9)'), /statement timeout/],
    ['one that would write', (reader) => reader.query(`UPDATE team SET name = ''`), /permission denied|read-only/],
    ['work that throws', () => Promise.reject(new Error('not found')), /not found/],
  ])('is itself again, or not there any more, after %s', async (_what, work, message) => {
    const pool = await lonelyPool();
    await expect(readAsTeam(pool, ours, work, { timeoutMs: 50 })).rejects.toThrow(message);
    expect((await pool.query(whoami)).rows).toEqual([itself]);
  });

  test('is not there any more after it was cut', async () => {
    const pool = await lonelyPool();
    const cut = readAsTeam(pool, ours, async (reader) => {
      const { rows } = await reader.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await onServer((server) => server.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]));
      return reader.query(whoami);
    });
    await expect(cut).rejects.toThrow(/terminating connection|Connection terminated|connection error/);
    expect((await pool.query(whoami)).rows).toEqual([itself]);
  });

  test('reads as of one moment when that is asked for', async () => {
    const pool = await lonelyPool();
    const level = 'SHOW transaction_isolation';
    const { rows } = await readAsTeam(pool, ours, (reader) => reader.query(level), { snapshot: true });
    expect(rows).toEqual([{ transaction_isolation: 'repeatable read' }]);
  });
});

describe("a server of one's own", () => {
  /** A user that may log in and, perhaps, make roles; with databases that it owns. */
  async function userWithDatabases(rights: string, count: number) {
    const server = new pg.Pool({ ...inject('testServer'), max: 1 });
    const user = `u${randomBytes(6).toString('hex')}`;
    const names = Array.from({ length: count }, (_, index) => `posthorn_${user}_${index}`);
    await server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'p' ${rights}`);
    onTestFinished(async () => {
      for (const name of names) await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await server.query(`DROP ROLE IF EXISTS ${user}_team_reader; DROP ROLE ${user}`);
      await server.end();
    });
    for (const name of names) await server.query(`CREATE DATABASE ${name} OWNER ${user}`);
    const configs = names.map((name): pg.ClientConfig => {
      const url = new URL(databaseUrlOf(toDatabase(inject('testServer'), name)).replace('@/', '@localhost/'));
      url.username = user;
      url.password = 'p';
      return { connectionString: url.href };
    });
    return { server, user, configs };
  }
  async function withPool<Result>(config: pg.ClientConfig | undefined, use: (pool: pg.Pool) => Promise<Result>) {
    const pool = createPool({ ...config, max: 2 }, () => undefined);
    try {
      return await use(pool);
    } finally {
      await endPool(pool);
    }
  }
  const twoTeams = async (pool: pg.Pool): Promise<void> => {
    const teams = [ours, theirs].map(uuidFromId);
    await pool.query(`INSERT INTO team (id, name) SELECT t, 'team' FROM unnest($1::uuid[]) t`, [teams]);
  };
  const countTeams = async (pool: pg.Pool): Promise<number | null> =>
    (await readAsTeam(pool, ours, (reader) => reader.query('SELECT id FROM team'))).rowCount;

  test('whose user may make roles is guarded, in databases that are migrated at the same moment', async () => {
    const { configs } = await userWithDatabases('CREATEROLE', 3);
    await Promise.all(configs.map((config) => migrate(config)));
    for (const config of configs) {
      await withPool(config, async (pool) => {
        expect(await checkRowSecurity(pool)).toEqual([]);
        await twoTeams(pool);
        expect(await countTeams(pool)).toBe(1);
      });
    }
  });

  test('whose user may not is told what to do, works without, and is guarded by the start after that', async () => {
    const { server, user, configs } = await userWithDatabases('', 1);
    const [config = {}] = configs;
    await migrate(config);
    await withPool(config, async (pool) => {
      const [warning] = await checkRowSecurity(pool);
      expect(warning?.what).toContain(`there is no role ${user}_team_reader, and ${user} may not make it`);
      await twoTeams(pool);
      await expect(countTeams(pool)).rejects.toThrow(/role .* does not exist/);
      noteRowSecurity(pool, () => [warning?.what ?? '']);
      expect(await countTeams(pool)).toBe(2);
      const statements = /as a superuser: (?<sql>.*;) Then restart/.exec(warning?.remedy ?? '')?.groups?.['sql'] ?? '';
      await server.query(statements);
    });
    await migrate(config);
    await withPool(config, async (pool) => {
      expect(await checkRowSecurity(pool)).toEqual([]);
      expect(await countTeams(pool)).toBe(1);
    });
  });

  test('whose user lost the role reads nothing rather than everything, and says so at the next start', async () => {
    const { server, user, configs } = await userWithDatabases('', 1);
    const [config = {}] = configs;
    await server.query(`CREATE ROLE ${user}_team_reader NOLOGIN; GRANT ${user}_team_reader TO ${user}`);
    await migrate(config);
    await server.query(`REVOKE ${user}_team_reader FROM ${user}`);
    await withPool(config, async (pool) => {
      await twoTeams(pool);
      await expect(countTeams(pool)).rejects.toThrow(/permission denied to set role/);
      expect((await checkRowSecurity(pool))[0]?.what).toContain(`${user} may not act as ${user}_team_reader`);
    });
  });
});
