import pg from 'pg';
import { expect, test } from 'vitest';
import { isMigrated } from '../../src/database/migrate.ts';
import { createTestDatabase } from '../support/test-database.ts';

test('a test database is migrated and belongs to its test alone', async () => {
  await using mine = await createTestDatabase();
  await using other = await createTestDatabase();
  expect(await isMigrated(mine.pool)).toBe(true);
  await mine.pool.query('CREATE TABLE only_mine ()');
  const { rows } = await other.pool.query(`SELECT to_regclass('only_mine') AS found`);
  expect(rows).toEqual([{ found: null }]);
});

test('a connection that the code under test leaves open is refused', async () => {
  const database = await createTestDatabase();
  const leaked = new pg.Client({ ...database.config, application_name: 'leaky part' });
  leaked.on('error', () => undefined);
  await leaked.connect();
  await expect(database.drop()).rejects.toThrow('leaky part (idle)');
});

test('a client that is not released is refused', async () => {
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  client.on('error', () => undefined);
  await expect(database.drop()).rejects.toThrow('1 clients of the test pool were not released');
});
