import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { byOperator } from '../../tests/support/audit-context.ts';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import type { DeliveryFilter } from '../delivery/delivery-filter.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { cancelReplay } from './cancel-replay.ts';
import { createReplay } from './create-replay.ts';
import { getReplay } from './get-replay.ts';
import { listReplays } from './list-replays.ts';
import { recoverEndpoint } from './recover-endpoint.ts';
import { createReplayWorker } from './replay-worker.ts';
import { workReplayPage } from './work-replay-page.ts';

let database: TestDatabase;
let history: History;
let hints: string[];

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  history = await createHistory(database.pool);
  hints = [];
  await database.pool.query('DELETE FROM replay');
  await database.pool.query('DELETE FROM operational_outbox');
});
afterAll(() => database.drop());

const ctx = () => ({
  ...byOperator,
  database: database.pool,
  onQueued: (_team: string, endpointId: string) => {
    hints.push(endpointId);
  },
  onReplay: () => {
    hints.push('replay');
  },
});
const create = (filter: DeliveryFilter, more: { dryRun?: boolean; ratePerSecond?: number } = {}) =>
  createReplay(ctx(), { teamId: history.teamId, filter, ...more });
const show = (replayId: string) => getReplay(ctx(), { teamId: history.teamId, replayId });

async function work(): Promise<void> {
  while ((await workReplayPage(ctx(), null)) !== null);
}
async function dead(endpointId: string, count: number, more: { orderingKey?: string; atMs?: number } = {}) {
  const made: string[] = [];
  for (let n = 0; n < count; n += 1) made.push(await history.delivery({ endpointId, state: 'dead', ...more }));
  return made;
}
async function queued(): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    'SELECT delivery_id AS id FROM delivery_queue WHERE team_id = $1 ORDER BY sequence',
    [uuidFromId(history.teamId)],
  );
  return rows.map((row) => row.id);
}

describe('a replay', () => {
  test('resends everything that its filter chooses, not a page of it, with counts (complaint 9)', async () => {
    const endpointId = await history.endpoint();
    const other = await history.endpoint();
    const mine = await dead(endpointId, 620);
    await dead(other, 3);
    await history.delivery({ endpointId, state: 'succeeded' });
    const replay = await create({ endpointId });
    expect(replay).toMatchObject({ state: 'running', matched: 0, filter: { states: ['dead'], endpointId } });
    expect(hints).toEqual(['replay']);
    await work();
    expect(await show(replay.id)).toMatchObject({ state: 'finished', matched: 620, resent: 620 });
    expect(await queued()).toEqual(mine.map(uuidFromId));
    expect(new Set(hints)).toEqual(new Set(['replay', endpointId]));
  });

  test('of what was lost while an endpoint was disabled is held, and goes out when it is active again (complaint 5)', async () => {
    const endpointId = await history.endpoint({ status: 'disabled' });
    await dead(endpointId, 2);
    const replay = await recoverEndpoint(ctx(), { teamId: history.teamId, endpointId, sinceMs: Date.now() - 60_000 });
    await work();
    expect(await show(replay.id)).toMatchObject({ state: 'finished', matched: 2, resent: 2 });
    expect(await queued()).toHaveLength(2);
  });

  test('chooses by type, events, time and state', async () => {
    const endpointId = await history.endpoint();
    const atMs = Date.now() - 3_600_000;
    const old = await history.delivery({ endpointId, state: 'dead', atMs });
    const eventId = await history.event({ type: 'b.done' });
    const typed = await history.delivery({ endpointId, eventId, state: 'succeeded' });
    const cases: [DeliveryFilter, string[]][] = [
      [{ untilMs: atMs + 1_000 }, [old]],
      [{ sinceMs: atMs + 1_000 }, []],
      [{ states: ['succeeded', 'dead'] }, [old, typed]],
      [{ states: ['succeeded'], eventType: 'b.done' }, [typed]],
      [{ states: ['succeeded'], eventIds: [eventId] }, [typed]],
      [{ states: ['dead'], eventIds: [eventId] }, []],
    ];
    for (const [filter, expected] of cases) {
      expect(await create(filter, { dryRun: true }), JSON.stringify(filter)).toMatchObject({
        state: 'finished',
        dryRun: true,
        matched: expected.length,
        resent: 0,
      });
    }
    expect(await queued()).toEqual([]);
    expect((await database.pool.query('SELECT FROM operational_outbox')).rowCount).toBe(0);
  });

  test('a filter that ends before it begins is refused: it would look as if there were nothing', async () => {
    const atMs = Date.now();
    for (const untilMs of [atMs, atMs - 1]) {
      await expect(create({ sinceMs: atMs, untilMs }, { dryRun: true })).rejects.toMatchObject({
        code: 'invalid_request',
        errors: [{ pointer: '/filter/until', message: 'must be later than since' }],
      });
    }
  });

  test('leaves out what is in flight or has nowhere to go, and says how many it resent', async () => {
    const endpointId = await history.endpoint();
    await history.delivery({ endpointId, owner: await history.node() });
    await dead(await history.endpoint({ deleted: true }), 1);
    await dead(endpointId, 1);
    const replay = await create({ states: ['pending', 'held', 'dead'] });
    await work();
    expect(await show(replay.id)).toMatchObject({ state: 'finished', matched: 3, resent: 1 });
  });

  test('that crashes in the middle of a page neither skips nor resends twice', async () => {
    const endpointId = await history.endpoint();
    const mine = await dead(endpointId, 12);
    const replay = await create({ endpointId }, { ratePerSecond: 5 });
    let failures = 0;
    // Breaks the connection after each statement of a page once: what was done in it must be undone with its position.
    for (let breakAt = 1; breakAt <= 6; breakAt += 1) {
      const pool = breakingPool(breakAt);
      await workReplayPage({ ...ctx(), database: pool }, null).catch(() => {
        failures += 1;
      });
      await database.pool.query('UPDATE replay SET worked_until = NULL');
    }
    expect(failures).toBeGreaterThan(3);
    for (;;) {
      await database.pool.query('UPDATE replay SET worked_until = NULL');
      if ((await workReplayPage(ctx(), null)) === null) break;
    }
    expect(await show(replay.id)).toMatchObject({ state: 'finished', matched: 12, resent: 12 });
    expect(await queued()).toEqual(mine.map(uuidFromId));
  });

  test('is worked on by one node at a time, and by any', async () => {
    const endpointId = await history.endpoint();
    await dead(endpointId, 40);
    const replay = await create({ endpointId }, { ratePerSecond: 10 });
    const before = await database.pool.connect();
    await before.query('BEGIN');
    await before.query('SELECT FROM replay FOR UPDATE');
    expect(await workReplayPage(ctx(), null)).toBeNull();
    await before.query('COMMIT');
    before.release();
    await database.pool.query('UPDATE replay SET worked_until = NULL');
    await Promise.all([1, 2, 3].map(() => workReplayPage(ctx(), null)));
    expect((await show(replay.id)).matched).toBe(10);
  });

  test('keeps to its rate: the next page is due when the last one is paid for', async () => {
    const endpointId = await history.endpoint();
    await dead(endpointId, 30);
    const replay = await create({ endpointId }, { ratePerSecond: 10 });
    const timers = createManualTimers();
    const worker = createReplayWorker({
      ...ctx(),
      timers,
      onTold: () => hints.push('told'),
      onError: (error) => {
        throw error;
      },
    });
    worker.start();
    await vi.waitFor(() => expect(timers.waiting).toHaveLength(1));
    expect(timers.waiting[0]).toBeGreaterThan(500);
    expect(timers.waiting[0]).toBeLessThanOrEqual(1_000);
    expect((await show(replay.id)).matched).toBe(10);
    while ((await show(replay.id)).state === 'running') {
      await database.pool.query('UPDATE replay SET worked_until = NULL');
      worker.wake();
      await vi.waitFor(() => expect(timers.waiting).toHaveLength(1));
    }
    expect(hints.at(-1)).toBe('told');
    expect((await show(replay.id)).matched).toBe(30);
    expect(timers.waiting).toEqual([60_000]);
    await worker.stop();
  });

  test('tells its team when it has finished, in the transaction that finishes it', async () => {
    const replay = await create({});
    await work();
    const { rows } = await database.pool.query('SELECT type, data FROM operational_outbox');
    expect(rows).toEqual([
      {
        type: 'posthorn.replay.finished',
        data: { replayUuid: uuidFromId(replay.id), matched: 0, resent: 0, dryRun: false },
      },
    ]);
  });

  test('stops when it is cancelled; a finished one cannot be', async () => {
    const endpointId = await history.endpoint();
    await dead(endpointId, 30);
    const replay = await create({ endpointId }, { ratePerSecond: 10 });
    await work();
    const cancelled = await cancelReplay(ctx(), { teamId: history.teamId, replayId: replay.id });
    expect(cancelled).toMatchObject({ state: 'cancelled', matched: 10 });
    expect(cancelled.finishedAt).not.toBeNull();
    await database.pool.query('UPDATE replay SET worked_until = NULL');
    await work();
    expect(await show(replay.id)).toEqual(cancelled);
    const finished = await create({ eventType: 'none' }, { dryRun: true });
    const cancelling = cancelReplay(ctx(), { teamId: history.teamId, replayId: finished.id });
    await expect(cancelling).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is listed newest first, page by page, and belongs to its team alone', async () => {
    const made = [await create({}), await create({}), await create({})].map((replay) => replay.id);
    const first = await listReplays(ctx(), { teamId: history.teamId, limit: 2, after: null });
    const second = await listReplays(ctx(), { teamId: history.teamId, limit: 2, after: first.next });
    expect([...first.replays, ...second.replays].map((replay) => replay.id)).toEqual(made.toReversed());
    expect(second.next).toBeNull();
    const other = await createHistory(database.pool);
    await expect(getReplay(ctx(), { teamId: other.teamId, replayId: made[0]! })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(create({ endpointId: history.id('ep') })).rejects.toMatchObject({ code: 'not_found' });
  });
});

/** The database's pool, whose next connection dies after so many statements. */
function breakingPool(statements: number): typeof database.pool {
  let left = statements;
  return new Proxy(database.pool, {
    get(target, name) {
      if (name !== 'connect') return Reflect.get(target, name) as unknown;
      return async () => {
        const client = await target.connect();
        return new Proxy(client, {
          get(inner, key) {
            const value = Reflect.get(inner, key) as unknown;
            if (key !== 'query') return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
            return async (...args: unknown[]) => {
              if (args[0] !== 'ROLLBACK' && left === 0) throw new Error('the process died');
              left -= 1;
              return inner.query(...(args as [string]));
            };
          },
        });
      };
    },
  });
}
