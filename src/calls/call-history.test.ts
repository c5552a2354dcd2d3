import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idAt } from '../../tests/calls/call-samples.ts';
import { recordCalls } from '../../tests/calls/recorded-calls.ts';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { timeOfId, uuidFromId } from '../ids/id.rules.ts';
import { createCallHistory } from './call-history.ts';
import type { CallStart } from './call-ledger.ts';

let database: TestDatabase;
let history: History;
const nowMs = Date.now();
const minutes = (count: number): number => nowMs - count * 60_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  history = await createHistory(database.pool);
});
afterAll(() => database.drop());

describe('recent calls', () => {
  test('are the counted GETs of a connection that may have reached the provider, oldest first', async () => {
    const connectionId = idAt('con');
    const start = { connectionId, resource: '/envelopes/1', subject: '1' };
    const [, first, , running, timedOut] = (await recordCalls(database.pool, history.teamId, [
      { atMs: minutes(20), start },
      { atMs: minutes(14), start },
      { atMs: minutes(13), start: { ...start, connectionId: idAt('con') } },
      { atMs: minutes(12), start, end: null },
      { atMs: minutes(11), start: { ...start, operation: 'envelopes.list' }, end: { status: null, error: 'timeout' } },
      { atMs: minutes(10), start: { ...start, counted: false } },
      { atMs: minutes(9), start: { ...start, method: 'POST' } },
      { atMs: minutes(8), start: { ...start, resource: null } },
      { atMs: minutes(7), start, end: { cache: 'hit', tries: [] } },
      { atMs: minutes(6), start, end: { polling: 'refused', error: 'polling_refused', status: null, tries: [] } },
      { atMs: minutes(5), start, end: { error: 'breaker_open', status: null, tries: [] } },
    ])) as [CallStart, CallStart, CallStart, CallStart, CallStart];
    const found = await createCallHistory(database.pool).recentCalls(connectionId, minutes(15));
    expect(found).toEqual(
      [first, running, timedOut].map(({ id, operation }) => ({
        callId: id,
        resource: '/envelopes/1',
        subject: '1',
        operation,
        atMs: timeOfId(id),
      })),
    );
  });
});

describe('the use of budgets', () => {
  test('counts every request that went out, retries too, by what it was', async () => {
    const connectionId = idAt('con');
    const tries = (count: number) =>
      Array.from({ length: count }, () => ({ status: 503, error: null, atMs: 1, durationMs: 1 }));
    await recordCalls(database.pool, history.teamId, [
      { atMs: minutes(70), start: { connectionId } },
      { atMs: minutes(3), start: { connectionId }, end: { tries: tries(3) } },
      { atMs: minutes(2), start: { connectionId } },
      { atMs: minutes(2), start: { connectionId }, end: null },
      { atMs: minutes(1), start: { connectionId }, end: { cache: 'hit', tries: [] } },
      { atMs: minutes(1), start: { connectionId, method: 'POST', operation: 'envelopes.create', template: '/e' } },
    ]);
    expect(await createCallHistory(database.pool).budgetUse(connectionId, minutes(60))).toEqual([
      { method: 'GET', operation: 'envelopes.get', template: expect.any(String), requests: 5 },
      { method: 'POST', operation: 'envelopes.create', template: '/e', requests: 1 },
    ]);
  });
});

describe('the last event about a subject', () => {
  async function event(orderingKey: string, sourceId: string, atMs: number, type = 'a.happened'): Promise<void> {
    const eventId = await history.event({ orderingKey, atMs, type });
    await database.pool.query('UPDATE event SET source_id = $1 WHERE id = $2', [
      uuidFromId(sourceId),
      uuidFromId(eventId),
    ]);
  }

  test('is the newest of those sources since then, whichever of them it came through', async () => {
    const [mine, also, other] = [idAt('src'), idAt('src'), idAt('src')];
    await event('env-1', mine, minutes(9));
    await event('env-1', also, minutes(7));
    await event('env-1', mine, minutes(8));
    await event('env-1', other, minutes(2));
    await event('env-2', mine, minutes(1));
    const calls = createCallHistory(database.pool);
    const at = (sources: string[], subject: string, since: number) =>
      calls.lastEventAt(history.teamId, sources, subject, minutes(since));
    expect(await at([mine, also], 'env-1', 15)).toBe(minutes(7));
    expect(await at([mine], 'env-1', 15)).toBe(minutes(8));
    expect(await at([mine], 'env-1', 5)).toBeNull();
    expect(await at([mine], 'env-3', 15)).toBeNull();
    expect(await at([], 'env-1', 15)).toBeNull();
    expect(
      await calls.lastEventAt((await createHistory(database.pool)).teamId, [mine], 'env-1', minutes(15)),
    ).toBeNull();
  });

  test('tells that it is completed where its type is one of those that do, however long ago', async () => {
    const [mine, other] = [idAt('src'), idAt('src')];
    await event('env-1', mine, minutes(60 * 24 * 3), 'envelope-completed');
    await event('env-2', mine, minutes(1), 'envelope-sent');
    await event('env-3', other, minutes(1), 'envelope-completed');
    const calls = createCallHistory(database.pool);
    const isCompleted = (subject: string, types = ['envelope-completed'], sources = [mine]) =>
      calls.isCompleted(history.teamId, sources, subject, types);
    expect(await Promise.all(['env-1', 'env-2', 'env-3'].map((subject) => isCompleted(subject)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(await isCompleted('env-1', [])).toBe(false);
    expect(await isCompleted('env-1', undefined, [])).toBe(false);
  });
});
