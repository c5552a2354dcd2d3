import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { anEndpoint } from '../../tests/support/delivery-parts.ts';
import { createHistory } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { until } from '../../tests/support/until.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import { createEndpointHealth, type EndpointHealth } from './endpoint-health.ts';

const disableAfterSeconds = 3600;

let database: TestDatabase;
let endpoint: EndpointConfig;
let nowMs: number;
let disabled: string[];
let errors: unknown[];
let health: EndpointHealth;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const history = await createHistory(database.pool);
  endpoint = anEndpoint({ teamId: history.teamId, id: await history.endpoint(), disableAfterSeconds });
  await change(`UPDATE endpoint SET disable_after_seconds = ${disableAfterSeconds} WHERE id = $1`);
  nowMs = Date.now();
  [disabled, errors] = [[], []];
  health = createEndpointHealth({
    database: database.pool,
    now: () => nowMs,
    onDisabled: ({ id }) => disabled.push(id),
    onTold: () => undefined,
    onError: (error) => errors.push(error),
  });
});

const change = (sql: string) => database.pool.query(sql, [uuidFromId(endpoint.id)]);

async function written(): Promise<{ failing: boolean; sinceFailure: number | null }> {
  const { rows } = await database.pool.query<{ failing: boolean; sinceFailure: number | null }>(
    `SELECT failing_since IS NOT NULL AS failing,
       extract(epoch FROM now() - last_failure_at)::double precision AS "sinceFailure"
     FROM endpoint_health WHERE endpoint_id = $1`,
    [uuidFromId(endpoint.id)],
  );
  return rows[0] ?? { failing: false, sinceFailure: null };
}

/** Lets time pass, for this node and for what is on record. */
async function pass(seconds: number): Promise<void> {
  nowMs += seconds * 1000;
  await change(
    `UPDATE endpoint_health SET failing_since = failing_since - interval '${seconds} seconds',
       last_failure_at = last_failure_at - interval '${seconds} seconds' WHERE endpoint_id = $1`,
  );
}

/** One write at a time: an attempt that ends during one writes nothing. */
async function failUntil(what: string, reached: () => boolean | Promise<boolean>): Promise<void> {
  await until(what, () => {
    health.attempted(endpoint, false);
    return reached();
  });
}

test('the last failure is the last one, give or take half a minute, and not the first', async () => {
  await failUntil('the failure to be on record', async () => (await written()).failing);
  await pass(600);
  expect((await written()).sinceFailure).toBeGreaterThanOrEqual(600);
  await failUntil('the next to be on record', async () => ((await written()).sinceFailure ?? 600) < 300);
  expect((await written()).failing).toBe(true);
  expect(errors).toEqual([]);
});

test('one that was made active again and goes on failing is disabled again, after its full time', async () => {
  await failUntil('the failure to be on record', async () => (await written()).failing);
  await pass(disableAfterSeconds + 1);
  await failUntil('it to be disabled', () => disabled.length === 1);
  // In one, as whoever makes it active does: a write that is under way sees both or neither.
  await change(
    `WITH active AS (UPDATE endpoint SET status = 'active' WHERE id = $1)
     UPDATE endpoint_health SET failing_since = NULL WHERE endpoint_id = $1`,
  );
  await failUntil('it to be seen failing again', async () => (await written()).failing);
  expect(disabled).toHaveLength(1);
  await pass(disableAfterSeconds + 1);
  await failUntil('it to be disabled again', () => disabled.length === 2);
  expect(errors).toEqual([]);
});
