import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordCalls } from '../../tests/calls/recorded-calls.ts';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createMaintenance, type MaintenanceReport } from './maintenance.ts';

let database: TestDatabase;
let history: History;
let warnings: object[];
let errors: unknown[];
const dayMs = 86_400_000;
const daysAgo = (days: number): number => Date.now() - days * dayMs;

beforeEach(async () => {
  database = await createTestDatabase();
  history = await createHistory(database.pool, { retentionDays: 10 });
  warnings = [];
  errors = [];
});
afterEach(async () => {
  await database.drop();
  if (errors.length > 0) throw new AggregateError(errors);
});

async function maintain(): Promise<MaintenanceReport> {
  const timers = createManualTimers();
  const reports: MaintenanceReport[] = [];
  const worker = createMaintenance({
    database: database.pool,
    blobs: {
      days: async () => [],
      removeDay: async () => undefined,
      kept: {
        keep: () => Promise.reject(new Error('nothing is kept here')),
        open: async () => null,
        removeTeam: async () => undefined,
      },
    },
    clock: { now: () => Date.now() },
    timers,
    log: { info: () => undefined, warn: (fields) => warnings.push(fields) },
    onReport: (report) => reports.push(report),
    onError: (error) => errors.push(error),
  });
  worker.start();
  await vi.waitFor(() => expect(timers.waiting).toEqual([3_600_000]), { timeout: 10_000 });
  await worker.stop();
  return reports[0]!;
}
async function count(table: string, where = 'true'): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`);
  return rows[0]!.n;
}
async function partitions(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname ~ '^(event|delivery|attempt)_\\d{8}$' ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}
const nameOf = (parent: string, atMs: number): string =>
  `${parent}_${new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
async function settled(target: History, endpointId: string, atMs: number): Promise<string> {
  const deliveryId = await target.delivery({ endpointId, atMs, state: 'succeeded' });
  await target.attempt({ deliveryId, number: 1 });
  return deliveryId;
}

describe('maintenance', () => {
  test('makes a week of partitions ahead', async () => {
    const ahead = Date.now() + 7 * dayMs;
    for (const parent of ['event', 'delivery', 'attempt'])
      await database.pool.query(`DROP TABLE ${nameOf(parent, ahead)}`);
    expect((await maintain()).partitionsMade).toBe(3);
    expect(await partitions()).toContain(nameOf('attempt', ahead));
  });

  test('drops whole days past the longest retention, so that tables do not grow for ever (complaint 7, outpost 1027)', async () => {
    const endpointId = await history.endpoint();
    await settled(history, endpointId, daysAgo(20));
    const kept = await settled(history, endpointId, daysAgo(9));
    expect(await maintain()).toMatchObject({ daysDropped: 1, daysKept: 0, historyRowsDeleted: 0 });
    expect(await partitions()).not.toContain(nameOf('event', daysAgo(20)));
    expect((await database.pool.query('SELECT id FROM delivery')).rows).toEqual([{ id: uuidFromId(kept) }]);
    expect(await count('attempt')).toBe(1);
    expect(await maintain()).toMatchObject({ daysDropped: 0 });
  });

  test('keeps a day past retention while deliveries of it are pending, and says so', async () => {
    const endpointId = await history.endpoint({ status: 'paused' });
    const held = await history.delivery({ endpointId, atMs: daysAgo(20) });
    const owned = await history.delivery({ endpointId, atMs: daysAgo(15), owner: 1 });
    await history.node(owned);
    expect(await maintain()).toMatchObject({ daysDropped: 0, daysKept: 2 });
    expect(warnings).toMatchObject([{ pending: 1 }, { pending: 1 }]);
    await database.pool.query('SELECT cancel_deliveries($1, $2)', [uuidFromId(history.teamId), [uuidFromId(held)]]);
    expect(await maintain()).toMatchObject({ daysDropped: 1, daysKept: 1 });
  });

  test('keeps the day of an event whose delivery came after midnight and is pending', async () => {
    const endpointId = await history.endpoint();
    const midnightMs = Math.floor(daysAgo(20) / dayMs) * dayMs;
    const eventId = await history.event({ atMs: midnightMs - 1 });
    const id = history.id('dlv', midnightMs);
    await history.event({ atMs: midnightMs });
    const rows = [history.teamId, id, eventId, endpointId].map(uuidFromId);
    await database.pool.query(
      'INSERT INTO delivery (team_id, id, event_id, endpoint_id) VALUES ($1, $2, $3, $4)',
      rows,
    );
    await database.pool.query(
      `INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes) VALUES ($1, $2, $3, $4, now(), 1)`,
      rows,
    );
    expect(await maintain()).toMatchObject({ daysDropped: 0, daysKept: 2 });
  });

  test('does not wait for a lock that someone holds: the day is dropped an hour later', async () => {
    await settled(history, await history.endpoint(), daysAgo(20));
    const reader = new pg.Client(database.config);
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM delivery');
    expect((await maintain()).daysDropped).toBe(0);
    expect(errors.splice(0)).toMatchObject([{ code: '55P03' }]);
    await reader.query('COMMIT');
    await reader.end();
    expect((await maintain()).daysDropped).toBe(1);
  });

  test('deletes the history of a team that keeps less than others, but for what is pending', async () => {
    const short = await createHistory(database.pool, { retentionDays: 2 });
    const endpointId = await history.endpoint();
    const shortEndpoint = await short.endpoint();
    await settled(history, endpointId, daysAgo(5));
    await settled(short, shortEndpoint, daysAgo(5));
    await settled(short, shortEndpoint, daysAgo(4));
    const pending = await short.delivery({ endpointId: shortEndpoint, atMs: daysAgo(3) });
    await short.attempt({ deliveryId: pending, number: 1, status: 500, error: 'http' });
    await settled(short, shortEndpoint, daysAgo(1));
    expect((await maintain()).historyRowsDeleted).toBe(6);
    const mine = `team_id = '${uuidFromId(short.teamId)}'`;
    for (const table of ['event', 'delivery', 'attempt']) {
      expect(await count(table, mine), table).toBe(2);
      expect(await count(table, `NOT (${mine})`), table).toBe(1);
    }
    expect((await maintain()).historyRowsDeleted).toBe(0);
    await database.pool.query('SELECT cancel_deliveries($1, $2)', [uuidFromId(short.teamId), [uuidFromId(pending)]]);
    expect((await maintain()).historyRowsDeleted).toBe(3);
  });

  test('deletes keys that have ended', async () => {
    for (const [key, hours] of [
      ['old', -1],
      ['young', 1],
    ] as const) {
      await database.pool.query(
        `INSERT INTO idempotency (team_id, key, request_hash, event_id, deliveries, expires_at)
          VALUES ($1, $2, '', gen_random_uuid(), 0, now() + make_interval(hours => $3))`,
        [uuidFromId(history.teamId), key, hours],
      );
    }
    expect((await maintain()).idempotencyKeysDeleted).toBe(1);
    expect((await database.pool.query('SELECT key FROM idempotency')).rows).toEqual([{ key: 'young' }]);
  });

  test('cancels what waits for deleted endpoints, blocked ones too, and nothing else', async () => {
    const [deleted, other] = [await history.endpoint({ deleted: true, ordering: 'key' }), await history.endpoint()];
    await history.delivery({ endpointId: deleted });
    for (let n = 0; n < 5; n += 1) await history.delivery({ endpointId: deleted, orderingKey: 'k', blocked: n > 0 });
    await history.delivery({ endpointId: other });
    expect((await maintain()).deliveriesCancelled).toBe(6);
    expect(await count('delivery', 'state = 3')).toBe(6);
    expect(await count('delivery_queue')).toBe(1);
  });

  test('purges a deleted team from every table after an hour, and no other', async () => {
    const gone = await createHistory(database.pool);
    for (const each of [gone, history]) {
      const endpointId = await each.endpoint();
      await settled(each, endpointId, Date.now());
      await each.delivery({ endpointId });
    }
    await database.pool.query(`UPDATE team SET deleted_at = now() - interval '30 minutes' WHERE id = $1`, [
      uuidFromId(gone.teamId),
    ]);
    expect((await maintain()).teamsPurged).toBe(0);
    await database.pool.query(`UPDATE team SET deleted_at = now() - interval '2 hours' WHERE id = $1`, [
      uuidFromId(gone.teamId),
    ]);
    expect((await maintain()).teamsPurged).toBe(1);
    for (const table of ['event', 'delivery', 'attempt', 'delivery_queue', 'endpoint']) {
      expect(await count(table, `team_id = '${uuidFromId(gone.teamId)}'`), table).toBe(0);
      expect(await count(table, `team_id = '${uuidFromId(history.teamId)}'`), table).toBeGreaterThan(0);
    }
    expect(await count('team')).toBe(1);
  });

  test('drops days of calls and their bodies past retention, also where pending deliveries keep the events', async () => {
    const bodies = { end: { requestBody: Buffer.from('masked') } };
    const endpointId = await history.endpoint({ status: 'paused' });
    await history.delivery({ endpointId, atMs: daysAgo(20) });
    const planned = [20, 12, 9].map((days) => ({ atMs: daysAgo(days), ...bodies }));
    const [, , kept] = await recordCalls(database.pool, history.teamId, planned);
    expect(await maintain()).toMatchObject({ daysDropped: 1, daysKept: 1 });
    expect((await database.pool.query('SELECT id FROM call')).rows).toEqual([{ id: uuidFromId(kept!.id) }]);
    expect(await count('call_body')).toBe(1);
    expect(await count('event')).toBe(1);
    expect(
      await count('pg_class', `relname IN ('${nameOf('call', daysAgo(20))}', '${nameOf('call', daysAgo(12))}')`),
    ).toBe(0);
  });

  test('deletes the calls of a team that keeps its history shorter than others', async () => {
    const short = await createHistory(database.pool, { retentionDays: 2 });
    const planned = [5, 3, 1].map((days) => ({ atMs: daysAgo(days), end: { responseBody: Buffer.from('masked') } }));
    for (const each of [history, short]) await recordCalls(database.pool, each.teamId, planned);
    expect((await maintain()).historyRowsDeleted).toBe(2);
    for (const table of ['call', 'call_body']) {
      expect(await count(table, `team_id = '${uuidFromId(short.teamId)}'`), table).toBe(1);
      expect(await count(table, `team_id = '${uuidFromId(history.teamId)}'`), table).toBe(3);
    }
  });

  test('marks calls as unknown that were under way on nodes that are gone', async () => {
    await recordCalls(database.pool, history.teamId, [
      { atMs: daysAgo(3), end: null },
      { atMs: daysAgo(0), end: null },
      { atMs: daysAgo(0) },
    ]);
    expect((await maintain()).callsMarkedUnknown).toBe(2);
    expect(await count('call', 'outcome = 3')).toBe(2);
    expect((await maintain()).callsMarkedUnknown).toBe(0);
  });

  test('runs on one node at a time', async () => {
    const other = new pg.Client(database.config);
    await other.connect();
    await other.query('SELECT pg_advisory_lock(7640387254310915)');
    expect(await maintain()).toBeUndefined();
    await other.end();
    expect(await maintain()).toBeDefined();
  });
});
