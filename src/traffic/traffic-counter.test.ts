import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { createTrafficCounter } from './traffic-counter.ts';

const windowMs = 300_000;
let database: TestDatabase;
let nowMs: number;
let errors: unknown[];

beforeEach(async () => {
  database = await createTestDatabase();
  nowMs = Math.floor(Date.now() / windowMs) * windowMs;
  errors = [];
});
afterEach(() => database.drop());

function counterOn(pool: TestDatabase['pool']) {
  const timers = createManualTimers();
  const counter = createTrafficCounter({
    database: pool,
    clock: { now: () => nowMs },
    timers,
    onError: (error) => errors.push(error),
  });
  return { counter, timers };
}

async function windows() {
  const { rows } = await database.pool.query<{ at: number; accepted: string; attempted: string; called: string }>(
    `SELECT extract(epoch FROM starts_at)::float8 * 1000 AS at, accepted, attempted, called FROM traffic_window ORDER BY 1`,
  );
  return rows.map(({ at, accepted, attempted, called }) => [at, Number(accepted), Number(attempted), Number(called)]);
}

describe('the counter of traffic', () => {
  test('counts by windows of five minutes, and adds up what several nodes did', async () => {
    const startMs = nowMs;
    const [one, other] = [counterOn(database.pool).counter, counterOn(database.pool).counter];
    for (let n = 0; n < 3; n += 1) one.count('accepted');
    other.count('accepted');
    nowMs += windowMs - 1;
    other.count('attempted');
    nowMs += 1;
    other.count('called');
    await Promise.all([one.stop(), other.stop()]);
    expect(await windows()).toEqual([
      [startMs, 4, 1, 0],
      [startMs + windowMs, 0, 0, 1],
    ]);
    expect(errors).toEqual([]);
  });

  test('asks for nothing while nothing comes, and writes all of a second at once', async () => {
    const { counter, timers } = counterOn(database.pool);
    counter.start();
    expect(timers.waiting).toEqual([]);
    for (let n = 0; n < 5; n += 1) counter.count('accepted');
    expect(timers.waiting).toEqual([1_000]);
    await counter.stop();
  });

  test('loses nothing while the database is away, and keeps it by the window in which it came', async () => {
    const startMs = nowMs;
    const query = vi.spyOn(database.pool, 'query').mockRejectedValueOnce(new Error('away'));
    const { counter, timers } = counterOn(database.pool);
    counter.start();
    counter.count('accepted');
    timers.advance(1_000);
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    nowMs += windowMs;
    counter.count('accepted');
    query.mockRestore();
    await counter.stop();
    expect(await windows()).toEqual([
      [startMs, 1, 0, 0],
      [startMs + windowMs, 1, 0, 0],
    ]);
  });

  test('forgets windows of more than 30 days ago', async () => {
    const longAgoMs = nowMs - 31 * 86_400_000;
    const { counter } = counterOn(database.pool);
    const todayMs = nowMs;
    nowMs = longAgoMs;
    counter.count('accepted');
    await counter.stop();
    expect(await windows()).toHaveLength(1);
    nowMs = todayMs;
    counter.count('accepted');
    await counter.stop();
    expect(await windows()).toEqual([[todayMs, 1, 0, 0]]);
  });
});
