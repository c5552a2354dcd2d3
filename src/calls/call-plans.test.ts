import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endOf, idAt, startOf } from '../../tests/calls/call-samples.ts';
import { ensureDay } from '../../tests/calls/recorded-calls.ts';
import { createHistory } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { inTransaction } from '../database/transaction.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import type { CallFilter } from './call-filter.rules.ts';
import { readBudgetUse, readLastEventAt, readRecentCalls, readViolations } from './call-history.store.ts';
import { searchCalls } from './call-query.store.ts';
import { createCallRecordStore } from './call-record.store.ts';
import { readStatistics } from './call-statistics.store.ts';
import { windowOf } from './call-window.rules.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');
const connections = Array.from({ length: 20 }, () => idAt('con'));
const connectionId = connections[0] as string;
const sources = Array.from({ length: 10 }, () => idAt('src'));
const sourceId = sources[0] as string;

let database: TestDatabase;
let teamId: string;

// Twelve thousand calls over four days: some failed, few are of the polling rule, and a handful runs.
beforeAll(async () => {
  database = await createTestDatabase();
  ({ teamId } = await createHistory(database.pool));
  for (let ago = 0; ago < 5; ago += 1) {
    await ensureDay(database.pool, new Date(nowMs - ago * dayMs).toISOString().slice(0, 10));
  }
  await database.pool.query(
    `INSERT INTO call (team_id, id, connection_id, node, outcome, provider, environment, origin, method, operation, template,
        resource, path, counted, status, error, tries_count, total_ms, first_byte_ms, polling, repeats_id, repeats_ago_ms,
        repeats_pattern)
      SELECT $1, (left(uuid_floor(now() - n * interval '24 seconds')::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid,
        ($2::uuid[])[1 + n % 20], 1, CASE WHEN n < 5 THEN 0 WHEN n % 50 = 0 THEN 2 ELSE 1 END, 'docusign', 'sandbox', 'egress',
        'GET', 'op.' || n % 30, '/a/{b}', '/a/' || n % 100, '/a/' || n, true, CASE WHEN n % 50 = 0 THEN 500 ELSE 200 END,
        CASE WHEN n % 50 = 0 THEN 'http' END, 1, n % 1000, n % 500, CASE WHEN n % 100 = 0 THEN 'violation' END,
        gen_random_uuid(), 1, 'repeat'
      FROM generate_series(0, 11999) n`,
    [uuidFromId(teamId), connections.map(uuidFromId)],
  );
  await database.pool.query(
    `INSERT INTO event (team_id, id, type, content_type, body, ordering_key, source_id)
      SELECT $1, (left(uuid_floor(now() - n * interval '1 second')::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid,
        'a', 'b', 'c', 'env-' || n, ($2::uuid[])[1 + n % 10] FROM generate_series(0, 2999) n`,
    [uuidFromId(teamId), sources.map(uuidFromId)],
  );
  await database.pool.query('ANALYZE');
});
afterAll(() => database.drop());

/**
 * What a query's plan touches: the partitions that were read, the indexes, and whether any was read whole. For `team` it is
 * planned with row-level security, as it is for who reads over the API.
 */
async function planOf(run: (client: pg.Pool) => Promise<unknown>, readBy: 'owner' | 'team' = 'owner') {
  const asked: [string, unknown[]][] = [];
  const recording = {
    query(sql: string, values: unknown[]) {
      asked.push([sql, values]);
      return database.pool.query(sql, values);
    },
  } as unknown as pg.Pool;
  await run(recording);
  const lines: string[] = [];
  // The tables are small here; what is looked for is the index that the query can use.
  const explain = async (client: Pick<pg.PoolClient, 'query'>): Promise<void> => {
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
    for (const [sql, values] of asked) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, TIMING OFF) ${sql}`, values);
      lines.push(...rows.map((row) => row['QUERY PLAN']));
    }
  };
  await (readBy === 'team' ? readAsTeam(database.pool, teamId, explain) : inTransaction(database.pool, explain));
  const text = lines.join('\n');
  const touched = [...text.matchAll(/ on (\w+_\d{8})(?: \w+)? .*/g)].filter(
    ([line]) => !line.includes('never executed'),
  );
  return {
    text,
    partitions: [...new Set(touched.map(([, name = '']) => name))],
    indexes: [...new Set([...text.matchAll(/using (\w+) on/g)].map(([, name]) => name?.replace(/_\d{8}_/, '_')))],
    whole: /Seq Scan on (?:call|event)/.test(text),
  };
}
const lastDay = windowOf(nowMs, undefined, undefined);
/** Those of a day ago, of now, and of what comes within the margin of clocks. */
const elsewhere = (names: readonly string[]): string[] => {
  const days = [nowMs - dayMs, nowMs, Date.now() + 60_000].map(dayOf);
  return names.filter((name) => !days.some((day) => name.endsWith(day)));
};

const search = (filter: CallFilter, limit = 51) =>
  planOf((client) => searchCalls(client, { teamId, window: lastDay, filter, limit, scanMax: 20_000 }), 'team');

describe('a list of the last day', () => {
  test.each<[string, CallFilter, string]>([
    ['everything', {}, 'call_pkey'],
    ['a connection', { connection: connectionId }, 'call_connection_id_id_idx'],
    ['an operation', { operation: 'op.1' }, 'call_pkey'],
    ['what failed', { outcome: 'failed' }, 'call_team_id_id_idx'],
    ['an error', { error: 'http' }, 'call_team_id_id_idx'],
    ['statuses from 400 on', { status: { least: 500, most: 599 } }, 'call_team_id_id_idx'],
    ['polling', { polling: 'violation' }, 'call_team_id_id_idx1'],
    ['what runs', { outcome: 'running' }, 'call_node_idx'],
  ])('of %s touches the partitions of these days and one index', async (_, filter, index) => {
    const plan = await search(filter, 2_000);
    expect(elsewhere(plan.partitions), plan.text).toEqual([]);
    expect(plan.indexes, plan.text).toEqual([index]);
    expect(plan.whole, plan.text).toBe(false);
  });

  test('that fills its page looks at little more than the page', async () => {
    const { text } = await search({}, 51);
    expect(Number(/Index Scan.*rows=(\d+)/.exec(text)?.[1])).toBeLessThanOrEqual(51);
  });
});

describe('statistics of the last day', () => {
  const read = (connection: string | null) =>
    planOf(
      (client) =>
        readStatistics(client, {
          teamId,
          connectionId: connection,
          window: lastDay,
          groupBy: 'operation',
          sampleMax: 100_000,
          groupsMax: 1000,
        }),
      'team',
    );

  test('touch the partitions of these days', async () => {
    const plan = await read(null);
    expect(elsewhere(plan.partitions), plan.text).toEqual([]);
    expect(plan.partitions).toContain(`call_${dayOf(nowMs)}`);
    expect(plan.indexes).toEqual(['call_pkey']);
    expect(plan.whole).toBe(false);
  });

  test('of a connection touch no call of the others', async () => {
    const plan = await read(connectionId);
    expect(elsewhere(plan.partitions), plan.text).toEqual([]);
    expect(plan.partitions).toContain(`call_${dayOf(nowMs)}`);
    expect(plan.indexes, plan.text).toEqual(['call_connection_id_id_idx']);
  });
});

test('polling violations are read from an index that holds nothing else, their firsts by key', async () => {
  const plan = await planOf(
    (client) => readViolations(client, { teamId, connectionId: null, ...lastDay, limit: 50, scanMax: 20_000 }),
    'team',
  );
  expect(elsewhere(plan.partitions), plan.text).toEqual([]);
  expect(new Set(plan.indexes), plan.text).toEqual(new Set(['call_pkey', 'call_team_id_id_idx1']));
});

test('recent calls and the use of budgets are read from the index of their connection', async () => {
  const input = { connectionId, sinceMs: nowMs - 900_000, most: 50_000 };
  for (const run of [readRecentCalls, readBudgetUse]) {
    const plan = await planOf((client) => run(client, input));
    expect(plan.indexes, plan.text).toEqual(['call_connection_id_id_idx']);
    expect(elsewhere(plan.partitions), plan.text).toEqual([]);
  }
});

test('the last event about a subject is read from the index of its source', async () => {
  const input = {
    teamId,
    sourceIds: [sourceId],
    subject: 'env-800',
    sinceMs: nowMs - 900_000,
    most: 20_000,
    types: null,
  };
  const plan = await planOf((client) => readLastEventAt(client, input));
  expect(plan.indexes, plan.text).toEqual(['event_team_id_source_id_id_idx']);
  expect(elsewhere(plan.partitions), plan.text).toEqual([]);
});

test('ending a call that took long looks at no call that began since, however many there are', async () => {
  const busy = await createTestDatabase();
  try {
    const history = await createHistory(busy.pool);
    // A day is known to be large before the calls begin that are to be ended: their ids are newer than all that is known.
    await busy.pool.query(
      `INSERT INTO call (team_id, id, connection_id, node, outcome, provider, environment, origin, method, operation,
          template, path, counted)
        SELECT $1, (left(uuid_floor(now() - n * interval '1 microsecond')::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid,
          $2, 1, 1, 'docusign', 'sandbox', 'egress', 'GET', 'op', '/', '/', true FROM generate_series(1, 40000) n`,
      [uuidFromId(history.teamId), uuidFromId(connectionId)],
    );
    await busy.pool.query('ANALYZE call');
    const starts = Array.from({ length: 500 }, () =>
      startOf({ teamId: history.teamId, connectionId, atMs: Date.now() }),
    );
    await createCallRecordStore(busy.pool).begin(1, starts);
    const client = await busy.pool.connect();
    await client.query('BEGIN');
    const store = createCallRecordStore(client as unknown as pg.Pool);
    const ended = starts.filter((_, index) => index === 0 || index === 499);
    await store.end(ended.map((start) => ({ start, epoch: 1, end: endOf(start) })));
    const { rows } = await client.query<{ looked: string }>(
      "SELECT sum(idx_tup_fetch) AS looked FROM pg_stat_xact_user_tables WHERE relname ~ '^call_[0-9]+$'",
    );
    client.release(true);
    expect(Number(rows[0]?.looked)).toBe(ended.length);
  } finally {
    await busy.drop();
  }
});
