import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idAt } from '../../tests/calls/call-samples.ts';
import { type PlannedCall, recordCalls } from '../../tests/calls/recorded-calls.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { createHistory } from '../../tests/support/history.ts';
import type { CallError } from './call-ledger.ts';
import { readStatistics } from './call-statistics.store.ts';
import { windowOf } from './call-window.rules.ts';
import { getCallStatistics } from './get-call-statistics.ts';
import { histogramBoundsMs } from './statistics.rules.ts';

let database: TestDatabase;
let teamId: string;
/** Noon, so that hours do not depend on when the test runs. */
const nowMs = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;
const clock = { now: () => nowMs };
const minutes = (count: number): number => nowMs - count * 60_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  ({ teamId } = await createHistory(database.pool));
});
afterAll(() => database.drop());

const record = (...planned: PlannedCall[]) => recordCalls(database.pool, teamId, planned);
const statistics = (more: Partial<Parameters<typeof getCallStatistics>[1]> = {}) =>
  getCallStatistics({ database: database.pool, clock }, { teamId, connectionId: null, groupBy: 'operation', ...more });
const taking = (totalMs: number, more: object = {}): PlannedCall => ({
  atMs: minutes(1),
  end: {
    timing: { queueMs: 0, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: totalMs / 2, totalMs },
    ...more,
  },
});

describe('statistics of calls', () => {
  test('count how calls ended, retries, bytes, answers from the cache and polling, over all and by operation', async () => {
    const tries = (...statuses: number[]) =>
      statuses.map((status) => ({ status, error: null, atMs: 1_700_000_000_000, durationMs: 1 }));
    await record(
      { atMs: minutes(5), end: { requestBytes: 10, responseBytes: 100, tries: tries(503, 503, 200) } },
      { atMs: minutes(4), end: { status: 429, error: 'provider_refused', tries: tries(429, 429) } },
      { atMs: minutes(3), end: { status: null, error: 'polling_refused', polling: 'refused', tries: [] } },
      { atMs: minutes(2), start: { operation: 'envelopes.list' }, end: { polling: 'violation', responseBytes: 20 } },
      { atMs: minutes(1), start: { operation: 'envelopes.list' }, end: { cache: 'hit', tries: [], responseBytes: 1 } },
      { atMs: minutes(1), start: { operation: 'users.get' }, end: null },
    );
    const { overall, groups, sampledSince } = await statistics();
    expect(sampledSince).toBeNull();
    expect(overall).toMatchObject({
      calls: 6,
      succeeded: 3,
      failed: 2,
      running: 1,
      unknown: 0,
      successRate: 0.6,
      retries: 3,
      requestBytes: 10,
      responseBytes: 100 + 120 + 120 + 20 + 1,
      fromCache: 1,
      polling: { violations: 1, served: 0, refused: 1 },
      errors: { provider_refused: 1, polling_refused: 1 },
    });
    expect(groups.map(({ key, calls, successRate }) => [key, calls, successRate])).toEqual([
      ['envelopes.get', 3, 1 / 3],
      ['envelopes.list', 2, 1],
      ['users.get', 1, null],
    ]);
    expect(groups[2]?.totalMs).toBeNull();
  });

  test('have percentiles that are times of calls, of those that went to the provider', async () => {
    await record(
      ...Array.from({ length: 100 }, (_, index) => taking(index + 1)),
      taking(100_000, { cache: 'hit', tries: [] }),
      { atMs: minutes(1), end: null },
    );
    const { overall } = await statistics();
    expect(overall.totalMs).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(overall.firstByteMs).toEqual({ p50: 25, p95: 47.5, p99: 49.5 });
    expect(overall.histogram.filter(({ calls }) => calls > 0)).toEqual([
      { upToMs: 10, calls: 10 },
      { upToMs: 25, calls: 15 },
      { upToMs: 50, calls: 25 },
      { upToMs: 100, calls: 50 },
    ]);
  });

  test('agree with the calls that were made, whatever these were', async () => {
    const anyCall = fc.record({
      operation: fc.constantFrom('a', 'b', 'c'),
      error: fc.constantFrom<CallError | null>(null, null, 'http', 'timeout', 'reset'),
      totalMs: fc.oneof(fc.constantFrom(...histogramBoundsMs), fc.integer({ min: 0, max: 60_000 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { maxLength: 40 }), async (calls) => {
        ({ teamId } = await createHistory(database.pool));
        await record(
          ...calls.map(({ operation, error, totalMs }) => ({ ...taking(totalMs, { error }), start: { operation } })),
        );
        const { overall, groups } = await statistics();
        const failed = calls.filter(({ error }) => error !== null).length;
        expect(overall).toMatchObject({ calls: calls.length, failed, succeeded: calls.length - failed });
        const sorted = calls.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
        const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
        expect(overall.totalMs).toEqual(calls.length === 0 ? null : { p50: at(0.5), p95: at(0.95), p99: at(0.99) });
        const bucketOf = (ms: number) => histogramBoundsMs.find((bound) => ms <= bound) ?? null;
        for (const { upToMs, calls: count } of overall.histogram) {
          expect(count).toBe(calls.filter(({ totalMs }) => bucketOf(totalMs) === upToMs).length);
        }
        const byOperation = Object.groupBy(calls, ({ operation }) => operation);
        expect(new Map(groups.map((group) => [group.key, group.calls]))).toEqual(
          new Map(Object.entries(byOperation).map(([key, some]) => [key, some.length])),
        );
      }),
      { numRuns: 25 },
    );
  });

  test('come by status, with the error where none came, and by hour', async () => {
    await record(
      { atMs: minutes(125) },
      { atMs: minutes(61), end: { status: 404, error: 'http' } },
      { atMs: minutes(60), end: { status: null, error: 'timeout' } },
      { atMs: minutes(1), end: null },
    );
    const keysBy = async (groupBy: 'status' | 'hour') => (await statistics({ groupBy })).groups.map(({ key }) => key);
    expect(await keysBy('status')).toEqual(['200', '404', 'running', 'timeout']);
    const day = new Date(nowMs).toISOString().slice(0, 10);
    expect(await keysBy('hour')).toEqual([`${day}T09:00:00Z`, `${day}T10:00:00Z`, `${day}T11:00:00Z`]);
  });

  test('are of the last day unless it is said, of one connection where it is named, and of this team', async () => {
    const connectionId = idAt('con');
    await record(
      { atMs: minutes(1), start: { connectionId } },
      { atMs: minutes(1) },
      { atMs: minutes(60 * 25), start: { connectionId } },
    );
    const other = await createHistory(database.pool);
    await recordCalls(database.pool, other.teamId, [{ atMs: minutes(1), start: { connectionId } }]);
    const count = async (more: object) => (await statistics(more)).overall.calls;
    expect(await count({})).toBe(2);
    expect(await count({ connectionId })).toBe(1);
    expect(await count({ connectionId, sinceMs: minutes(60 * 48) })).toBe(2);
    expect(await count({ connectionId, sinceMs: minutes(60 * 48), untilMs: minutes(60) })).toBe(1);
    expect(await statistics()).toMatchObject({
      since: new Date(minutes(60 * 24)).toISOString(),
      until: new Date(nowMs).toISOString(),
    });
  });

  test('are of the newest calls, and say since when, where there are more than one answer looks at', async () => {
    const starts = await record(
      { atMs: minutes(3), start: { operation: 'old' } },
      { atMs: minutes(2), start: { operation: 'newer' } },
      { atMs: minutes(1), start: { operation: 'newest' } },
    );
    expect(starts).toHaveLength(3);
    const { groups, sampledFromMs } = await readStatistics(database.pool, {
      teamId,
      connectionId: null,
      window: windowOf(nowMs, undefined, undefined),
      groupBy: 'operation',
      sampleMax: 2,
      groupsMax: 10,
    });
    expect(groups.map(({ key }) => key).sort()).toEqual(['newer', 'newest']);
    expect(sampledFromMs).toBe(minutes(2));
  });

  test('of nothing are zeros', async () => {
    const { overall, groups } = await statistics();
    expect(overall).toMatchObject({ calls: 0, successRate: null, totalMs: null, firstByteMs: null, errors: {} });
    expect(groups).toEqual([]);
  });
});
