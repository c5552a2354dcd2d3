/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { startFaultProxy } from '../../tests/support/fault-proxy.ts';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { databaseUrlOf, placeOfServer } from '../../tests/support/own-database.ts';
import { until } from '../../tests/support/until.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createSourceActivity, type SourceActivity } from './source-activity.ts';

let api: TestApi;
let team: string;
let path: string;
let source: { teamId: string; id: string };
let timers: ManualTimers;
const errors: unknown[] = [];
const startMs = Date.parse('2026-03-01T10:00:30.000Z');
const forged = {
  reason: 'signature_mismatch',
  detail: 'No credential fits.',
  address: '203.0.113.7',
  bytes: 12,
} as const;

beforeAll(async () => {
  api = await createTestApi();
});
beforeEach(async () => {
  errors.length = 0;
  timers = createManualTimers(startMs);
  team = await api.createTeam();
  path = `/v1/teams/${team}/sources`;
  source = await make();
});
afterAll(() => api[Symbol.asyncDispose]());

async function make(): Promise<typeof source> {
  const body = { provider: 'documenso', name: 'Contracts', credentials: [{ value: 'a secret' }] };
  const answer = await api.call('POST', path, { body });
  return { teamId: team, id: (answer.body as { id: string }).id };
}

/** A node's; `queries` counts what it asked the database. */
function start(options: { database?: pg.Pool; mostKept?: number } = {}): SourceActivity & { queries: () => number } {
  let queries = 0;
  const database = options.database ?? api.database.pool;
  const counting = {
    query: (...given: unknown[]) => {
      queries += 1;
      return (database.query as (...all: unknown[]) => unknown).apply(database, given);
    },
  };
  const activity = createSourceActivity({
    database: counting as unknown as pg.Pool,
    clock: timers,
    timers,
    onError: (error) => errors.push(error),
    ...(options.mostKept === undefined ? {} : { mostKept: options.mostKept }),
  });
  activity.start();
  onTestFinished(() => activity.stop());
  return { ...activity, queries: () => queries };
}
const shown = async (at = source) => (await api.call('GET', `${path}/${at.id}`)).body.activity;
const rejections = async (query = '', at = source) =>
  (await api.call('GET', `${path}/${at.id}/rejections${query}`)).body;

/** The second passes, and what it writes is written. */
async function passSecond(activity: { queries: () => number }): Promise<void> {
  const before = activity.queries();
  timers.advance(1_000);
  await until('the write to be over', () => activity.queries() > before);
  await until('the counts to be stored', async () => (await shown()).received + (await shown()).rejected > 0);
}

describe('the activity of sources', () => {
  test('is counted in memory and written once a second, however much comes', async () => {
    const activity = start();
    for (let index = 0; index < 1_000; index += 1) activity.received(source);
    for (let index = 0; index < 10; index += 1) activity.duplicate(source);
    timers.advance(999);
    expect(activity.queries()).toBe(0);
    activity.rejected(source, forged);
    timers.advance(1);
    expect(activity.queries()).toBe(1);
    await until('the counts', async () => (await shown()).received === 1_000);
    expect(await shown()).toEqual({
      received: 1_000,
      duplicates: 10,
      rejected: 1,
      lastReceivedAt: '2026-03-01T10:00:30.000Z',
      lastDuplicateAt: '2026-03-01T10:00:30.000Z',
      lastRejected: { at: '2026-03-01T10:00:30.999Z', reason: 'signature_mismatch', detail: 'No credential fits.' },
    });
  });

  test('adds up over seconds and nodes, and keeps the latest of each time and the reason that belongs to it', async () => {
    const [one, other] = [start(), start()];
    one.received(source);
    other.rejected(source, { ...forged, reason: 'rate_limited', detail: 'first' });
    timers.advance(500);
    one.rejected(source, { ...forged, detail: 'second' });
    await one.stop();
    await other.stop();
    expect(await shown()).toMatchObject({
      received: 1,
      rejected: 2,
      lastRejected: { at: '2026-03-01T10:00:30.500Z', reason: 'signature_mismatch', detail: 'second' },
    });
    const late = start();
    late.received(source);
    await late.stop();
    expect(await shown()).toMatchObject({ received: 2, rejected: 2, lastRejected: { detail: 'second' } });
  });

  test('costs no query and no timer while nothing comes', async () => {
    const activity = start();
    activity.received(source);
    await passSecond(activity);
    await until('no timer', () => timers.waiting.length === 0);
    timers.advance(3_600_000);
    expect(activity.queries()).toBe(1);
    await activity.stop();
    expect(activity.queries()).toBe(1);
  });

  test('is written by many nodes at once without deadlocks, and nothing is lost', async () => {
    const sources = [source, await make(), await make(), await make()];
    const nodes = Array.from({ length: 4 }, () => start());
    for (let round = 0; round < 5; round += 1) {
      for (const [index, node] of nodes.entries()) {
        const order = index % 2 === 0 ? sources : sources.toReversed();
        for (const each of order) {
          node.received(each);
          node.rejected(each, forged);
          node.rejected(each, { ...forged, reason: 'rate_limited' });
        }
      }
      timers.advance(1_000);
      await until('the writes to be over', () => timers.waiting.length === 0);
    }
    await Promise.all(nodes.map((node) => node.stop()));
    expect(errors).toEqual([]);
    for (const each of sources) expect(await shown(each)).toMatchObject({ received: 20, rejected: 40 });
  });

  test('locks rows in the order of their keys, whatever order requests came in', async () => {
    const later = await make();
    const first = start();
    for (const each of [source, later]) first.received(each);
    await first.stop();
    const other = await api.database.pool.connect();
    const row = (id: string, wait: string) =>
      other.query(`SELECT FROM source_activity WHERE source_id = $1 FOR UPDATE ${wait}`, [uuidFromId(id)]);
    await other.query('BEGIN');
    await row(source.id, '');
    const activity = start();
    for (const each of [later, source]) activity.received(each);
    const stopped = activity.stop();
    await until('the write to wait', async () => {
      const { rowCount } = await api.database.pool.query(`SELECT FROM pg_locks WHERE NOT granted`);
      return rowCount === 1;
    });
    expect((await row(later.id, 'NOWAIT')).rowCount).toBe(1);
    await other.query('COMMIT');
    other.release();
    await stopped;
    expect(await shown(later)).toMatchObject({ received: 2 });
  });

  test('sits out an outage of the database, asking ever less often, and loses no count', async () => {
    const proxy = await startFaultProxy(placeOfServer(api.database.config));
    onTestFinished(() => proxy.close());
    const database = new pg.Pool({ connectionString: databaseUrlOf(api.database.config, proxy.port), max: 1 });
    database.on('error', () => undefined);
    onTestFinished(() => database.end());
    const activity = start({ database });
    await proxy.down();
    activity.received(source);
    activity.rejected(source, forged);
    timers.advance(1_000);
    const waits: number[] = [];
    for (let tries = 1; tries <= 6; tries += 1) {
      await until('the next try', () => errors.length === tries && timers.waiting.length === 1);
      waits.push(timers.waiting[0]!);
      if (tries === 6) break;
      timers.advance(30_000);
      // While the next try is under way.
      activity.received(source);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    activity.rejected(source, { ...forged, detail: 'later' });
    await proxy.up();
    timers.advance(30_000);
    await until('the counts', async () => (await shown()).received === 6);
    expect(await shown()).toMatchObject({
      rejected: 2,
      lastReceivedAt: '2026-03-01T10:03:01.000Z',
      lastRejected: { detail: 'later', at: '2026-03-01T10:03:01.000Z' },
    });
    expect((await rejections()).data.map(({ minute, count }: Record<string, unknown>) => [minute, count])).toEqual([
      ['2026-03-01T10:03:00.000Z', 1],
      ['2026-03-01T10:00:00.000Z', 1],
    ]);
    activity.received(source);
    expect(timers.waiting).toEqual([1_000]);
  });

  test('keeps no more in memory than it may while nothing can be written', async () => {
    const others = [await make(), await make()];
    const activity = start({ mostKept: 2 });
    for (const each of [source, ...others]) activity.received(each);
    for (const reason of ['rate_limited', 'body_too_large', 'timestamp_missing', 'rate_limited'] as const) {
      activity.rejected(source, { ...forged, reason });
    }
    await activity.stop();
    expect(await shown(others[0])).toMatchObject({ received: 1 });
    expect(await shown(others[1])).toMatchObject({ received: 0 });
    expect(await shown()).toMatchObject({ received: 1, rejected: 4 });
    expect((await rejections()).data.map(({ reason, count }: Record<string, unknown>) => [reason, count])).toEqual([
      ['rate_limited', 2],
      ['body_too_large', 1],
    ]);
  });

  test('leaves out a source that was deleted meanwhile, and does not hold up the others', async () => {
    const gone = await make();
    const activity = start();
    activity.received(gone);
    activity.rejected(gone, forged);
    activity.received(source);
    await api.call('DELETE', `${path}/${gone.id}`);
    await activity.stop();
    expect(await shown()).toMatchObject({ received: 1 });
    const { rows } = await api.database.pool.query(
      'SELECT FROM source_activity a JOIN source s ON s.id = a.source_id WHERE s.deleted_at IS NOT NULL',
    );
    expect(rows).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('is written as far as it can be stored, whatever a sender made of it', async () => {
    const activity = start();
    const detail = `${'\0'.repeat(3)}${'x'.repeat(1_000)}`;
    activity.rejected(source, { reason: 'body_too_large', detail, address: null, bytes: 2 ** 40 });
    await activity.stop();
    expect(errors).toEqual([]);
    expect((await shown()).lastRejected.detail).toBe('x'.repeat(297));
    expect((await rejections()).data).toMatchObject([{ lastAddress: null, lastSizeBytes: 2 ** 40 }]);
  });
});

describe('the rejections of a source', () => {
  test('are one row for each minute and reason, however many there were, with the latest of them', async () => {
    const activity = start();
    for (let index = 0; index < 500; index += 1) activity.rejected(source, { ...forged, detail: `nr ${index}` });
    activity.rejected(source, { ...forged, reason: 'rate_limited', address: '2001:db8::1', bytes: null });
    await passSecond(activity);
    await until('the write to be over', () => timers.waiting.length === 0);
    timers.advance(28_000);
    activity.rejected(source, { ...forged, detail: 'last of its minute', address: '203.0.113.8', bytes: 99 });
    timers.advance(1_000);
    await until('the next count', async () => (await shown()).rejected === 502);
    timers.advance(30_000);
    activity.rejected(source, forged);
    await activity.stop();
    expect(await rejections()).toEqual({
      data: [
        {
          minute: '2026-03-01T10:01:00.000Z',
          reason: 'signature_mismatch',
          meaning: 'No credential of the source makes this signature',
          count: 1,
          lastAt: '2026-03-01T10:01:30.000Z',
          lastDetail: 'No credential fits.',
          lastAddress: '203.0.113.7',
          lastSizeBytes: 12,
        },
        {
          minute: '2026-03-01T10:00:00.000Z',
          reason: 'signature_mismatch',
          meaning: 'No credential of the source makes this signature',
          count: 501,
          lastAt: '2026-03-01T10:00:59.000Z',
          lastDetail: 'last of its minute',
          lastAddress: '203.0.113.8',
          lastSizeBytes: 99,
        },
        expect.objectContaining({ reason: 'rate_limited', count: 1, lastAddress: '2001:db8::1', lastSizeBytes: null }),
      ],
      nextCursor: null,
    });
  });

  test('are paged without repeating or skipping one', async () => {
    const activity = start();
    const expected: string[] = [];
    for (let minute = 0; minute < 3; minute += 1) {
      for (const reason of ['body_too_large', 'rate_limited'] as const) {
        activity.rejected(source, { ...forged, reason });
        expected.unshift(`${new Date(Math.floor(timers.now() / 60_000) * 60_000).toISOString()} ${reason}`);
      }
      timers.advance(60_000);
      await until('the write to be over', () => timers.waiting.length === 0);
    }
    await activity.stop();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await rejections(`?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ minute, reason }: Record<string, string>) => `${minute} ${reason}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(expected);
    const [first] = [(await rejections('?limit=1')).nextCursor];
    expect(await rejections(`?cursor=${first}`, await make())).toMatchObject({ code: 'invalid_cursor' });
    const odd = Buffer.from(`1 rejections-${source.id} 99999999999999999999 x`).toString('base64url');
    expect(await rejections(`?cursor=${odd}`)).toMatchObject({ code: 'invalid_cursor' });
  });
});
