import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { createIdSource } from '../ids/id-source.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createBroughtCredentials } from './record-brought-credential.ts';

let database: TestDatabase;
const dayMs = 86_400_000;
const time = { nowMs: Date.parse('2026-07-01T12:00:00Z') };
const ids = createIdSource({ now: () => time.nowMs });
const [teamId, connectionId] = [ids.next('team'), ids.next('con')];
beforeEach(async () => {
  database = await createTestDatabase();
  time.nowMs = Date.parse('2026-07-01T12:00:00Z');
});
afterEach(() => database.drop());

function open() {
  const errors: unknown[] = [];
  const made = createBroughtCredentials({
    database: database.pool,
    clock: { now: () => time.nowMs },
    timers: createManualTimers(),
    onError: (error) => errors.push(error),
  });
  made.start();
  const brought = (kind: 'own' | 'other'): string => {
    const callId = ids.next('call');
    made.brought({ teamId, connectionId, kind, callId });
    return uuidFromId(callId);
  };
  return { brought, stop: () => made.stop(), errors };
}

async function stored() {
  const { rows } = await database.pool.query<{ day: string; kind: string; calls: string; last: string }>(
    'SELECT day::text, kind, calls, last_call_id AS last FROM brought_credential ORDER BY day, kind DESC',
  );
  return rows.map(({ day, kind, calls, last }) => [day, kind, Number(calls), last]);
}

test('calls are counted by day and kind, with the newest of them, over all nodes', async () => {
  const [one, other] = [open(), open()];
  one.brought('own');
  one.brought('own');
  const foreign = one.brought('other');
  time.nowMs += 1_000;
  const newest = other.brought('own');
  await other.stop();
  await one.stop();
  expect(await stored()).toEqual([
    ['2026-07-01', 'own', 3, newest],
    ['2026-07-01', 'other', 1, foreign],
  ]);
  expect([...one.errors, ...other.errors]).toEqual([]);
});

test('nothing is written while nothing comes, and days of 90 days ago are removed by a later one', async () => {
  const first = open();
  await first.stop();
  expect(await stored()).toEqual([]);
  const second = open();
  second.brought('own');
  time.nowMs += 91 * dayMs;
  second.brought('own');
  await second.stop();
  time.nowMs += 1_000;
  const third = open();
  const last = third.brought('own');
  await third.stop();
  expect(await stored()).toEqual([['2026-09-30', 'own', 2, last]]);
});
