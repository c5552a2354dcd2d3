import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHistory } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { measureQueue } from './measure-queue.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const overdueSeconds = async () => (await measureQueue(database.pool))?.overdueSeconds ?? Number.NaN;

test('what is held for an endpoint that is paused or disabled is not late, what an active one waits for is', async () => {
  const history = await createHistory(database.pool);
  for (const status of ['paused', 'disabled']) {
    await history.delivery({ endpointId: await history.endpoint({ status }), dueInSeconds: -500 });
  }
  expect(await overdueSeconds()).toBe(0);
  await history.delivery({ endpointId: await history.endpoint(), dueInSeconds: -100 });
  await history.delivery({ endpointId: await history.endpoint(), dueInSeconds: 100 });
  const late = await overdueSeconds();
  expect(late).toBeGreaterThanOrEqual(100);
  expect(late).toBeLessThan(400);
});
