import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';

/** Tables that belong to no team. Anything else is a tenant's, and led by team_id. */
const sharedTables = ['migration', 'node', 'team', 'traffic_window'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function readTables(): Promise<
  { name: string; firstKeyColumn: string | null; teamIdIsNotNull: boolean | null }[]
> {
  const { rows } = await database.pool.query<{ name: string; first: string | null; strict: boolean | null }>(
    `SELECT c.relname AS name,
        (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
          WHERE i.indrelid = c.oid AND i.indisprimary) AS first,
        (SELECT a.attnotnull FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id') AS strict
      FROM pg_class c
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return rows.map((row) => ({ name: row.name, firstKeyColumn: row.first, teamIdIsNotNull: row.strict }));
}

test('every table but the shared ones belongs to teams: team_id is required and leads its primary key', async () => {
  const tables = await readTables();
  const tenants = tables.filter((table) => !sharedTables.includes(table.name));
  expect(tenants.length).toBeGreaterThan(10);
  for (const table of tenants) {
    expect(table, table.name).toMatchObject({ firstKeyColumn: 'team_id', teamIdIsNotNull: true });
  }
});

test('the shared tables exist and know no team', async () => {
  const tables = await readTables();
  for (const name of sharedTables) {
    expect(
      tables.find((table) => table.name === name),
      name,
    ).toMatchObject({ teamIdIsNotNull: null });
  }
});

test('a tenant table whose key is not led by team_id is found', async () => {
  await database.pool.query('CREATE TABLE planted (id uuid PRIMARY KEY, team_id uuid NOT NULL)');
  const planted = (await readTables()).find((table) => table.name === 'planted');
  await database.pool.query('DROP TABLE planted');
  expect(planted?.firstKeyColumn).toBe('id');
});
