import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { endOf, idAt, startOf } from '../../tests/calls/call-samples.ts';
import { openLedger, rowOf } from '../../tests/calls/ledger-stand.ts';
import { startFaultProxy } from '../../tests/support/fault-proxy.ts';
import { databaseUrlOf, placeOfServer } from '../../tests/support/own-database.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { until } from '../../tests/support/until.ts';
import { createPool } from '../database/pool.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { markUnknownCalls } from './mark-unknown-calls.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const written = (ledger: { pending: number }) => until('everything is written', () => ledger.pending === 0);
/** Locks the ledger's table, so that what is written waits, until the answer is called. */
async function lockCalls(): Promise<() => Promise<void>> {
  const client = new pg.Client(database.config);
  await client.connect();
  await client.query('BEGIN; LOCK TABLE call IN ACCESS EXCLUSIVE MODE');
  let open = true;
  const release = async (): Promise<void> => {
    if (open) await client.end();
    open = false;
  };
  onTestFinished(release);
  return release;
}
/** The database behind a proxy that can be taken away. */
async function breakable() {
  const proxy = await startFaultProxy(placeOfServer(database.config));
  const url = databaseUrlOf(database.config, proxy.port);
  const pool = createPool({ connectionString: url, max: 3, connectionTimeoutMillis: 500 }, () => undefined);
  onTestFinished(async () => {
    await pool.end();
    await proxy.close();
  });
  return { proxy, pool };
}

describe('a call', () => {
  test('is on record as running before it goes out, and as it ended afterwards', async () => {
    const { ledger, teamId, epoch } = await openLedger(database);
    const start = startOf({ teamId, apiKeyId: idAt('key'), subject: 'envelope-2', resource: '/envelopes/2' });
    await ledger.begin(start);
    expect(await rowOf(database, start)).toMatchObject({ outcome: 0, node: epoch, status: null, ended_at: null });
    const end = endOf(start, {
      credentialId: idAt('ccr'),
      rateHeaders: { 'x-ratelimit-remaining': '41' },
      polling: 'violation',
      repeats: { callId: idAt('call'), agoMs: 61_000.5, pattern: 'repeat' },
    });
    ledger.end(end);
    await written(ledger);
    expect(await rowOf(database, start)).toMatchObject({
      outcome: 1,
      connection_id: uuidFromId(start.connectionId),
      api_key_id: uuidFromId(start.apiKeyId ?? ''),
      subject: 'envelope-2',
      resource: '/envelopes/2',
      status: 200,
      tries_count: 1,
      tries: [[200, null, 1_700_000_000_000, 40]],
      total_ms: 40,
      rate_headers: { 'x-ratelimit-remaining': '41' },
      polling: 'violation',
      repeats_ago_ms: 61_000.5,
      repeats_pattern: 'repeat',
      credential_id: uuidFromId(end.credentialId ?? ''),
      ended_at: new Date(1_700_000_000_040),
    });
  });

  test('that fails is on record as failed, with its error', async () => {
    const { ledger, teamId } = await openLedger(database);
    const start = startOf({ teamId });
    await ledger.begin(start);
    ledger.end(endOf(start, { status: null, answered: 504, error: 'timeout', errorCode: null, tries: [] }));
    await written(ledger);
    expect(await rowOf(database, start)).toMatchObject({ outcome: 2, error: 'timeout', answered: 504, tries: null });
  });

  test('leaves nothing on record but what its start and its end carry', async () => {
    const { ledger, teamId } = await openLedger(database);
    const start = startOf({ teamId });
    await ledger.begin({ ...start, authorization: 'Bearer planted-secret' } as typeof start);
    const end = endOf(start, { requestBody: Buffer.from('{"masked":"***"}'), responseBody: Buffer.from([0, 255]) });
    ledger.end({ ...end, headers: 'planted-secret' } as typeof end);
    await written(ledger);
    const { rows: bodies } = await database.pool.query('SELECT * FROM call_body WHERE call_id = $1', [
      uuidFromId(start.id),
    ]);
    const ids = { team_id: uuidFromId(teamId), call_id: uuidFromId(start.id) };
    expect(bodies).toEqual([{ ...ids, request_body: end.requestBody, response_body: end.responseBody }]);
    const row = JSON.stringify(await rowOf(database, start));
    expect(row).not.toContain('planted');
    const carried = JSON.stringify([start, end]).toLowerCase();
    for (const [name, value] of Object.entries(JSON.parse(row) as Record<string, unknown>)) {
      if (typeof value !== 'string' || name.endsWith('id') || name.endsWith('_at')) continue;
      expect(carried, name).toContain(value.toLowerCase());
    }
  });

  test('without bodies has no row for them', async () => {
    const { ledger, teamId } = await openLedger(database);
    const start = startOf({ teamId });
    await ledger.begin(start);
    ledger.end(endOf(start));
    await written(ledger);
    const found = await database.pool.query('SELECT FROM call_body WHERE call_id = $1', [uuidFromId(start.id)]);
    expect(found.rowCount).toBe(0);
  });

  test('whose begin was lost in a crash of the machine is on record whole once it ended', async () => {
    const { ledger, teamId, epoch } = await openLedger(database);
    const [lost, kept] = [startOf({ teamId, operation: 'lost' }), startOf({ teamId, operation: 'kept' })];
    await Promise.all([ledger.begin(lost), ledger.begin(kept)]);
    await database.pool.query('DELETE FROM call WHERE id = $1', [uuidFromId(lost.id)]);
    ledger.end(endOf(lost, { responseBody: Buffer.from('masked') }));
    ledger.end(endOf(kept));
    await written(ledger);
    for (const start of [lost, kept]) {
      expect(await rowOf(database, start)).toMatchObject({ outcome: 1, node: epoch, operation: start.operation });
    }
    const bodies = await database.pool.query('SELECT FROM call_body WHERE call_id = $1', [uuidFromId(lost.id)]);
    expect(bodies.rowCount).toBe(1);
  });

  test('that ends twice stays as it ended first, and the second is told of', async () => {
    const { ledger, teamId, errors } = await openLedger(database);
    const start = startOf({ teamId });
    await ledger.begin(start);
    ledger.end(endOf(start));
    ledger.end(endOf(start, { error: 'http', status: 500 }));
    await written(ledger);
    expect(await rowOf(database, start)).toMatchObject({ outcome: 1, status: 200 });
    expect(errors).toHaveLength(1);
  });

  test('with characters that PostgreSQL cannot store is stored without them, and not alone', async () => {
    const { ledger, teamId, errors } = await openLedger(database);
    const odd = startOf({ teamId, subject: 'a\u0000b\uD800' });
    const even = startOf({ teamId });
    await Promise.all([ledger.begin(odd), ledger.begin(even)]);
    ledger.end(endOf(odd, { errorCode: '\u0000', rateHeaders: { 'x-a': '\u0000' }, error: 'http', status: 400 }));
    ledger.end(endOf(even));
    await written(ledger);
    expect(await rowOf(database, odd)).toMatchObject({ subject: 'a\uFFFDb\uFFFD', error_code: '\uFFFD', outcome: 2 });
    expect(await rowOf(database, even)).toMatchObject({ outcome: 1 });
    expect(errors).toEqual([]);
  });

  test('whose end the database refuses is recorded without its extras, and holds up no other', async () => {
    const { ledger, teamId, errors } = await openLedger(database);
    const [odd, even] = [startOf({ teamId }), startOf({ teamId })];
    await Promise.all([ledger.begin(odd), ledger.begin(even)]);
    const tries = [{ status: 200, error: null, atMs: 1, durationMs: 1n as never }];
    ledger.end(endOf(odd, { tries }));
    ledger.end(endOf(even));
    await written(ledger);
    expect(await rowOf(database, odd)).toMatchObject({ outcome: 1, status: 200, tries: null });
    expect(await rowOf(database, even)).toMatchObject({ outcome: 1, tries_count: 1 });
    expect(errors.length).toBeGreaterThan(0);
  });

  test('of a day without a partition gets one', async () => {
    await database.pool.query(
      `DO $$ BEGIN EXECUTE 'DROP TABLE call_' || to_char(now() AT TIME ZONE 'UTC' + interval '6 days', 'YYYYMMDD'); END $$`,
    );
    const { ledger, teamId } = await openLedger(database);
    const start = startOf({ teamId, atMs: Date.now() + 6 * 86_400_000 });
    await ledger.begin(start);
    expect(await rowOf(database, start)).toMatchObject({ outcome: 0 });
  });
});

describe('the commits', () => {
  test('of begins do not wait for the disk, and those of ends do', async () => {
    const client = await database.pool.connect();
    const empty = (count: number): string => Array.from({ length: count }, () => `'{}'`).join(', ');
    const setting = async (): Promise<string> =>
      (await client.query<{ synchronous_commit: string }>('SHOW synchronous_commit')).rows[0]?.synchronous_commit ?? '';
    await client.query(`BEGIN; SELECT begin_calls(1, ${empty(14)})`);
    expect(await setting()).toBe('off');
    await client.query('COMMIT');
    expect(await setting()).toBe('on');
    const floor = `'00000000-0000-0000-0000-000000000000'`;
    await client.query(`BEGIN; SELECT end_calls(${floor}, ${floor}, ${empty(27)})`);
    expect(await setting()).toBe('on');
    await client.query('COMMIT');
    client.release();
  });

  test('are shared: a thousand calls at once take a handful of them', async () => {
    const { ledger, teamId } = await openLedger(database);
    const starts = Array.from({ length: 1000 }, () => startOf({ teamId }));
    const commits = async (): Promise<{ calls: number; commits: number } | undefined> => {
      const { rows } = await database.pool.query<{ calls: number; commits: number }>(
        'SELECT count(*)::int AS calls, count(DISTINCT xmin::text)::int AS commits FROM call WHERE team_id = $1',
        [uuidFromId(teamId)],
      );
      return rows[0];
    };
    await Promise.all(starts.map((start) => ledger.begin(start)));
    const begun = await commits();
    for (const start of starts) ledger.end(endOf(start));
    await written(ledger);
    for (const each of [begun, await commits()]) {
      expect(each?.calls).toBe(1000);
      expect(each?.commits).toBeLessThan(10);
    }
  });
});

describe('while the database is away', () => {
  test('a call is refused with a problem, and one that has begun is recorded when it is back', async () => {
    const { proxy, pool } = await breakable();
    const { ledger, teamId, errors } = await openLedger(database, { database: pool });
    const begun = startOf({ teamId });
    await ledger.begin(begun);
    await proxy.down();
    ledger.end(endOf(begun));
    const refused = startOf({ teamId });
    await expect(ledger.begin(refused)).rejects.toMatchObject({ code: 'database_unavailable', retryAfterSeconds: 2 });
    await until('the end was tried', () => errors.length >= 2);
    expect(ledger.pending).toBeGreaterThan(0);
    await proxy.up();
    await written(ledger);
    expect(await rowOf(database, begun)).toMatchObject({ outcome: 1 });
    expect(await rowOf(database, refused)).toBeUndefined();
  });

  test('a begin that was committed although its answer was lost is taken back: the call did not go out', async () => {
    const { proxy, pool } = await breakable();
    const { ledger, teamId } = await openLedger(database, { database: pool });
    await ledger.begin(startOf({ teamId }));
    const release = await lockCalls();
    const start = startOf({ teamId });
    const refusal = ledger.begin(start).catch((error: unknown) => error);
    await until('it waits for the lock', async () => {
      const found = await database.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'begin_calls'`,
      );
      return found.rowCount === 1;
    });
    proxy.break('reset');
    expect(await refusal).toMatchObject({ code: 'database_unavailable' });
    await release();
    await written(ledger);
    expect(await rowOf(database, start)).toBeUndefined();
  });

  test('a begin that is not written in time is refused, and taken back when it was written later', async () => {
    const { ledger, teamId } = await openLedger(database, { patienceMs: 50 });
    const release = await lockCalls();
    const starts = Array.from({ length: 3 }, () => startOf({ teamId }));
    const refusals = await Promise.allSettled(starts.map((start) => ledger.begin(start)));
    expect(refusals.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await release();
    await written(ledger);
    expect(await Promise.all(starts.map((start) => rowOf(database, start)))).toEqual([undefined, undefined, undefined]);
  });

  test('memory is bounded: calls are refused when too much waits, and taken again when it is written', async () => {
    const { ledger, teamId, errors } = await openLedger(database, { maxBytes: 20_000 });
    const starts = Array.from({ length: 10 }, () => startOf({ teamId }));
    await Promise.all(starts.map((start) => ledger.begin(start)));
    const release = await lockCalls();
    for (const start of starts) ledger.end(endOf(start, { responseBody: Buffer.alloc(4_000) }));
    await expect(
      Promise.all(Array.from({ length: 20 }, () => ledger.begin(startOf({ teamId })))),
    ).rejects.toMatchObject({ code: 'database_unavailable', message: expect.stringContaining('too many calls wait') });
    expect(String(errors[0])).toContain('bodies of calls are left out');
    await release();
    await written(ledger);
    const { rows } = await database.pool.query(
      'SELECT count(*)::int AS n FROM call WHERE team_id = $1 AND outcome = 1',
      [uuidFromId(teamId)],
    );
    expect(rows).toEqual([{ n: 10 }]);
    await ledger.begin(startOf({ teamId }));
  });

  test('a stop waits for what is to be written, no longer than its patience', async () => {
    const { proxy, pool } = await breakable();
    const { ledger, teamId } = await openLedger(database, { database: pool });
    const start = startOf({ teamId });
    await ledger.begin(start);
    await proxy.down();
    ledger.end(endOf(start));
    await ledger.stop(20);
    await expect(ledger.begin(startOf({ teamId }))).rejects.toMatchObject({ code: 'shutting_down' });
    expect(await rowOf(database, start)).toMatchObject({ outcome: 0 });
  });

  test('a stop with the database there loses nothing', async () => {
    const { ledger, teamId } = await openLedger(database);
    const starts = Array.from({ length: 50 }, () => startOf({ teamId }));
    await Promise.all(starts.map((start) => ledger.begin(start)));
    for (const start of starts) ledger.end(endOf(start));
    await ledger.stop(30_000);
    expect(ledger.pending).toBe(0);
    for (const start of starts) expect(await rowOf(database, start)).toMatchObject({ outcome: 1 });
  });

  test('a node without a lease takes no call', async () => {
    const { ledger, teamId } = await openLedger(database, { epoch: () => null });
    await expect(ledger.begin(startOf({ teamId }))).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});

describe('calls of a node that is gone', () => {
  test('become unknown, those of living nodes and those that ended do not, and an end that comes late counts', async () => {
    const { ledger, history, teamId, epoch } = await openLedger(database);
    const living = await openLedger(database);
    const [running, late, done] = [startOf({ teamId }), startOf({ teamId }), startOf({ teamId })];
    const elsewhere = startOf({ teamId: living.teamId });
    await Promise.all([...[running, late, done].map((start) => ledger.begin(start)), living.ledger.begin(elsewhere)]);
    ledger.end(endOf(done));
    await written(ledger);
    expect(await markUnknownCalls(database.pool, () => false)).toBe(0);
    await database.pool.query('DELETE FROM node WHERE epoch = $1', [epoch]);
    expect(await markUnknownCalls(database.pool, () => false)).toBe(2);
    ledger.end(endOf(late));
    await written(ledger);
    const outcomes = await Promise.all([running, late, done, elsewhere].map((start) => rowOf(database, start)));
    expect(outcomes.map((row) => row['outcome'])).toEqual([3, 1, 1, 0]);
    expect(await history.node()).toBeGreaterThan(epoch);
  });

  test('are looked for in an index that holds the running ones alone', async () => {
    const client = await database.pool.connect();
    await client.query('SET enable_seqscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN UPDATE call_${new Date().toISOString().slice(0, 10).replaceAll('-', '')} SET outcome = 3
        WHERE outcome = 0 AND node NOT IN (SELECT epoch FROM node)`,
    );
    client.release(true);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/call_\d+_node_idx/);
  });
});
