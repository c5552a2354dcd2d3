import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { timeOfId, uuidFromId } from '../ids/id.rules.ts';
import { createFeedWaitingRoom } from './feed-waiting-room.ts';
import { readFeed } from './read-feed.ts';

let database: TestDatabase;
let history: History;
const minuteMs = 60_000;
const failLoudly = (error: unknown): void => {
  throw error;
};

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  history = await createHistory(database.pool);
});
afterAll(() => database.drop());

type Options = Partial<Parameters<typeof readFeed>[1]>;
function read(options: Options = {}, timers = createManualTimers()) {
  return readFeed(
    {
      database: database.pool,
      clock: { now: () => Date.now() + timers.now() },
      waitingRoom: createFeedWaitingRoom({ database: database.pool, timers, onError: failLoudly }),
      bodyUrl: ({ eventId }) => `https://posthorn.example/bodies/${eventId}`,
    },
    { teamId: history.teamId, consumer: 'c', limit: 10, ...options },
  );
}
const idsOf = (page: { events: { id: string }[] }) => page.events.map((event) => event.id);

async function events(count: number, agoMs = minuteMs, more: { type?: string } = {}): Promise<string[]> {
  const made: string[] = [];
  const atMs = Date.now() - agoMs;
  for (let n = 0; n < count; n += 1) made.push(await history.event({ atMs, ...more }));
  return made;
}

describe('the feed', () => {
  test('gives every event once and in order to who commits by the next cursor', async () => {
    const made = await events(25);
    const got: string[] = [];
    let page = await read();
    while (page.events.length > 0) {
      got.push(...idsOf(page));
      page = await read({ cursor: page.cursor });
    }
    expect(got).toEqual(made);
    const [more] = await events(1, minuteMs - 1_000);
    expect(idsOf(await read({ cursor: page.cursor }))).toEqual([more]);
  });

  test('gives again what was never committed, and goes on after what was', async () => {
    const made = await events(4);
    const first = await read({ limit: 2 });
    expect(idsOf(first)).toEqual(made.slice(0, 2));
    expect(idsOf(await read({ limit: 2 }))).toEqual(made.slice(0, 2));
    await read({ cursor: first.cursor, limit: 1 });
    expect(idsOf(await read())).toEqual(made.slice(2));
    expect(idsOf(await read({ consumer: 'other' }))).toEqual(made);
  });

  test('starts at the oldest event, or where a new consumer asks for', async () => {
    await events(2, 3 * minuteMs);
    const made = await events(2);
    const sinceMs = Date.now() - 2 * minuteMs;
    expect(idsOf(await read({ sinceMs }))).toEqual(made);
    expect(idsOf(await read({ sinceMs: 0 }))).toEqual(made);
    expect(idsOf(await read({ consumer: 'second' }))).toHaveLength(4);
  });

  test('gives an event to both of two pollers of one consumer rather than to none', async () => {
    const made = await events(6);
    const [a, b] = await Promise.all([read({ limit: 3 }), read({ limit: 3 })]);
    const [nextA, nextB] = await Promise.all([
      read({ limit: 3, cursor: a.cursor }),
      read({ limit: 3, cursor: b.cursor }),
    ]);
    expect(new Set([a, b, nextA, nextB].flatMap(idsOf))).toEqual(new Set(made));
  });

  test('rewinds to an older cursor, and refuses one that it cannot have given', async () => {
    const made = await events(3);
    const page = await read({ limit: 1 });
    await read({ cursor: (await read({ cursor: page.cursor })).cursor });
    expect(idsOf(await read({ cursor: page.cursor }))).toEqual(made.slice(1));
    for (const cursor of ['x', history.id('dlv'), history.id('evt', Date.now() + minuteMs)]) {
      await expect(read({ cursor })).rejects.toMatchObject({ code: 'invalid_cursor' });
    }
  });

  test('passes over unwanted types and does not look at them again', async () => {
    await events(5, 3 * minuteMs, { type: 'noise' });
    const made = await events(2, 2 * minuteMs, { type: 'wanted' });
    await events(5, minuteMs, { type: 'noise' });
    const page = await read({ eventTypes: ['wanted'] });
    expect(idsOf(page)).toEqual(made);
    expect(timeOfId(page.cursor)).toBeGreaterThan(Date.now() - 1.5 * minuteMs);
  });

  test('carries bodies of any kind, whole', async () => {
    const body = Buffer.from([0xff, 0xfe, 0]);
    await history.event({ atMs: Date.now() - minuteMs, body, contentType: 'image/x' });
    const [event] = (await read()).events;
    expect(event).toMatchObject({
      contentType: 'image/x',
      body: { encoding: 'base64', truncated: false, sizeBytes: 3 },
    });
    expect(Buffer.from(event?.body.content ?? '', 'base64')).toEqual(body);
  });
});

describe('an event that commits late', () => {
  const acceptSql = `SELECT refused FROM accept_fresh_events($1, extract(epoch FROM clock_timestamp()) * 1000, ARRAY[$2]::uuid[],
    ARRAY[(SELECT config_version FROM team WHERE id = $2)], ARRAY[$2]::uuid[], ARRAY[$3]::uuid[], ARRAY['a.b'],
    ARRAY['application/json'], ARRAY['{}'::bytea], '{}', '{}', '{}', '{}')`;

  test('is never skipped: what was accepted after it is held back until it has committed', async () => {
    const epoch = await history.node();
    const [before] = await events(1);
    const slow = new pg.Client(database.config);
    await slow.connect();
    await slow.query('BEGIN');
    const late = history.id('evt');
    const accepted = await slow.query<{ refused: string | null }>(acceptSql, [
      epoch,
      uuidFromId(history.teamId),
      uuidFromId(late),
    ]);
    expect(accepted.rows[0]?.refused).toBeNull();

    const later = history.id('evt');
    await database.pool.query(acceptSql, [epoch, uuidFromId(history.teamId), uuidFromId(later)]);
    // Long enough for the later one to be ripe: only the open transaction can hold it back.
    await vi.waitFor(
      async () => {
        const { rows } = await database.pool.query<{ ripe: boolean }>(
          `SELECT uuid_floor(now() - interval '2 seconds') > $1 AS ripe`,
          [uuidFromId(later)],
        );
        expect(rows[0]?.ripe).toBe(true);
      },
      { timeout: 10_000, interval: 100 },
    );
    const page = await read();
    expect(idsOf(page)).toEqual([before]);
    await slow.query('COMMIT');
    expect(idsOf(await read({ cursor: page.cursor }))).toEqual([late, later]);
    await slow.end();
  });

  test('cannot pretend to be younger than it is: ids that are a second old are refused', async () => {
    const epoch = await history.node();
    const { rows } = await database.pool.query<{ refused: string | null }>(
      acceptSql.replace('clock_timestamp()', `clock_timestamp() - interval '1.1 seconds'`),
      [epoch, uuidFromId(history.teamId), uuidFromId(history.id('evt'))],
    );
    expect(rows[0]?.refused).toBe('clock');
  });

  test('a long transaction that accepts nothing, such as a dump, holds up nobody', async () => {
    const dump = new pg.Client(database.config);
    await dump.connect();
    await dump.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await dump.query('LOCK TABLE event, node IN ACCESS SHARE MODE');
    await dump.query('SELECT count(*) FROM node');
    const { rows } = await database.pool.query<{ behind: number }>(
      `SELECT extract(epoch FROM now() - uuid_time(feed_horizon()))::float8 AS behind FROM pg_sleep(0.3)`,
    );
    expect(rows[0]?.behind).toBeLessThan(2.1);
    await dump.end();
  });
});

describe('waiting for an event', () => {
  test('answers as soon as there is one; everyone who waits shares one look a second', async () => {
    const timers = createManualTimers();
    const waitingRoom = createFeedWaitingRoom({ database: database.pool, timers, onError: failLoudly });
    const ctx = { database: database.pool, clock: { now: () => Date.now() }, waitingRoom, bodyUrl: () => '' };
    const waiting = ['a', 'b', 'c'].map((consumer) =>
      readFeed(ctx, { teamId: history.teamId, consumer, limit: 10, waitMs: 30_000 }),
    );
    // Three deadlines and one look.
    await vi.waitFor(() => expect(timers.waiting).toHaveLength(4));
    const [made] = await events(1);
    const queries = vi.spyOn(database.pool, 'query');
    timers.advance(1_000);
    await vi.waitFor(() => expect(queries.mock.calls.length).toBeGreaterThanOrEqual(2));
    expect(queries.mock.calls.filter((call) => String(call[0]).includes('WITH ORDINALITY'))).toHaveLength(1);
    queries.mockRestore();
    for (const page of await Promise.all(waiting)) expect(idsOf(page)).toEqual([made]);
    expect(timers.waiting).toEqual([]);
  });

  test('ends empty after the time, when the client goes, and when the node stops; nobody waiting, no look', async () => {
    const timers = createManualTimers();
    const room = createFeedWaitingRoom({ database: database.pool, timers, onError: failLoudly });
    const after = history.id('evt');
    const input = { teamId: history.teamId, after, timeoutMs: 500 };
    const timedOut = room.wait(input);
    timers.advance(500);
    expect(await timedOut).toBe(false);
    const client = new AbortController();
    const gone = room.wait({ ...input, signal: client.signal });
    client.abort();
    expect(await gone).toBe(false);
    timers.advance(1_000);
    await vi.waitFor(() => expect(timers.waiting).toEqual([]));
    const stopped = room.wait(input);
    room.stop();
    expect(await stopped).toBe(false);
    expect(await room.wait(input)).toBe(false);
    expect(timers.waiting).toEqual([]);
  });
});
