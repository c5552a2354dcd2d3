import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { until } from '../../tests/support/until.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createIdSource } from '../ids/id-source.ts';
import { createSeenAgain, type SeenAgain } from './seen-again.ts';

let database: TestDatabase;
let timers: ManualTimers;
let errors: unknown[];
let nowMs: number;
const ids = createIdSource({ now: Date.now });
const team = ids.next('team');

beforeEach(async () => {
  database = await createTestDatabase();
  timers = createManualTimers();
  errors = [];
  nowMs = Date.UTC(2026, 10, 3, 12);
});
afterEach(() => database.drop());

function counter(pool = database.pool): SeenAgain {
  const clock = { now: () => nowMs };
  return createSeenAgain({ database: pool, clock, timers, onError: (error) => errors.push(error) });
}

async function anEvent(): Promise<string> {
  const id = ids.next('evt');
  const values = [uuidFromId(team), uuidFromId(id)];
  await database.pool.query(
    `INSERT INTO event (team_id, id, type, content_type, body) VALUES ($1, $2, 'a', 'b', '')`,
    values,
  );
  return id;
}

async function counted(eventId: string): Promise<{ count: number; lastAtMs: number } | null> {
  const { rows } = await database.pool.query<{ count: number; lastAtMs: number }>(
    `SELECT count::integer, (extract(epoch FROM last_at) * 1000)::double precision AS "lastAtMs"
       FROM seen_again WHERE event_id = $1`,
    [uuidFromId(eventId)],
  );
  return rows[0] ?? null;
}

/** Lets the time of the next write come, and waits for what it does. */
async function afterWrite(eventId: string, count: number): Promise<void> {
  timers.advance(timers.waiting[0] ?? 0);
  await until('the count', async () => (await counted(eventId))?.count === count);
}

test('duplicates are counted a second later, in one write, with the time of the last', async () => {
  const seen = counter();
  const [one, two] = [await anEvent(), await anEvent()];
  seen.note(team, one);
  nowMs += 5_000;
  seen.note(team, one, 3);
  seen.note(team, two);
  expect(timers.waiting).toEqual([1_000]);
  expect(await counted(one)).toBeNull();
  await afterWrite(one, 4);
  expect(await counted(one)).toEqual({ count: 4, lastAtMs: nowMs });
  expect(await counted(two)).toMatchObject({ count: 1 });
  await until('nothing to be scheduled while nothing comes', () => timers.waiting.length === 0);
  seen.note(team, one);
  await afterWrite(one, 5);
});

test('what waits is written once more when it is stopped', async () => {
  const seen = counter();
  const event = await anEvent();
  seen.note(team, event);
  await seen.stop();
  expect(await counted(event)).toMatchObject({ count: 1 });
  expect(timers.waiting).toEqual([]);
});

test('an event that is past retention is left out, and takes no other with it', async () => {
  const seen = counter();
  const event = await anEvent();
  const ancient = createIdSource({ now: () => Date.UTC(2020, 1, 1) }).next('evt');
  seen.note(team, ancient);
  seen.note(team, ids.next('evt'));
  seen.note(team, event);
  await afterWrite(event, 1);
  expect(errors).toEqual([]);
  expect((await database.pool.query('SELECT FROM seen_again')).rowCount).toBe(1);
});

test('a write that happened although its answer was lost counts once, and what came meanwhile counts too', async () => {
  const event = await anEvent();
  let lose = 2;
  const lossy = {
    async query(...args: Parameters<typeof database.pool.query>) {
      const answer = await (database.pool.query as (...given: unknown[]) => Promise<unknown>)(...args);
      lose -= 1;
      if (lose >= 0) throw new Error('Connection terminated unexpectedly');
      return answer;
    },
  } as unknown as typeof database.pool;
  const seen = counter(lossy);
  seen.note(team, event, 2);
  await afterWrite(event, 2);
  await until('the first loss', () => errors.length === 1 && timers.waiting.length === 1);
  seen.note(team, event, 5);
  timers.advance(timers.waiting[0] ?? 0);
  await until('the second loss', () => errors.length === 2 && timers.waiting.length === 1);
  expect(timers.waiting).toEqual([4_000]);
  expect(await counted(event)).toMatchObject({ count: 2 });
  timers.advance(4_000);
  await until('the repetition', () => timers.waiting[0] === 1_000);
  expect(await counted(event)).toMatchObject({ count: 2 });
  await afterWrite(event, 7);
  await seen.stop();
  expect(await counted(event)).toMatchObject({ count: 7 });
});

test('while the database is away nothing is forgotten, and a stop gives up after one try', async () => {
  const event = await anEvent();
  let away = true;
  const pool = {
    query: (...args: unknown[]) =>
      away
        ? Promise.reject(new Error('ECONNREFUSED'))
        : (database.pool.query as (...given: unknown[]) => Promise<unknown>)(...args),
  } as unknown as typeof database.pool;
  const seen = counter(pool);
  const waits: number[] = [];
  for (let round = 1; round <= 6; round += 1) {
    seen.note(team, event);
    waits.push(timers.waiting[0] ?? 0);
    timers.advance(timers.waiting[0] ?? 0);
    await until('the failure', () => errors.length === round && timers.waiting.length === 1);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  away = false;
  await seen.stop();
  expect(await counted(event)).toMatchObject({ count: 6 });
});
