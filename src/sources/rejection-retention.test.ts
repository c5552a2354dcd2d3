import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { deleteOldRejections } from '../operations/leftovers.store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('rejections end with the history of their team, and after 30 days at the latest', async () => {
  await database.pool.query(
    `WITH made AS (INSERT INTO team (id, name, retention_days)
         VALUES (gen_random_uuid(), 'short', 3), (gen_random_uuid(), 'long', 3650) RETURNING id)
       INSERT INTO source_rejection (team_id, source_id, minute, reason, count, last_at, last_detail)
         SELECT id, gen_random_uuid(), now() - make_interval(days => days), 'rate_limited', 1, now(), ''
           FROM made, unnest('{0,2,4,29,31}'::int[]) AS days`,
  );
  expect(await deleteOldRejections(database.pool)).toEqual({ deleted: 4, more: false });
  const { rows } = await database.pool.query(
    `SELECT t.name, array_agg(extract(day FROM now() - r.minute)::int ORDER BY 1) AS days
       FROM source_rejection r JOIN team t ON t.id = r.team_id GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { name: 'long', days: expect.arrayContaining([0, 2, 4, 29]) },
    { name: 'short', days: expect.arrayContaining([0, 2]) },
  ]);
});
