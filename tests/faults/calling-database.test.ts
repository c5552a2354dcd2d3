import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { createOwnDatabase, databaseUrlOf, placeOfServer } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { callIdOf, callingForTest, providerForTest } from './calling-parts.ts';

describe('the database of a gateway that calls', () => {
  test('away: new calls are refused within seconds and not made, those under way end, and are on record later', async () => {
    const database = await createOwnDatabase();
    const proxy = await startFaultProxy(placeOfServer(inject('testServer')));
    const env = { DATABASE_URL: databaseUrlOf(database.config, proxy.port), POSTHORN_TEST_LEASE_SECONDS: '6' };
    const stand = await callingForTest({ env });
    const seen: string[] = [];
    const answers = new Map<string, () => void>();
    const provider = await providerForTest((request, response) => {
      const path = request.url ?? '';
      seen.push(path);
      if (path.startsWith('/held')) answers.set(path, () => response.end('held'));
      else response.end('quick');
    });
    const connection = await stand.connect(provider.url);
    const underWay = Array.from({ length: 10 }, (_, number) => stand.call(connection, `/held/${number}`));
    await until('all to be under way', () => answers.size === 10);

    await proxy.down();
    const downAtMs = performance.now();
    const refused = [];
    // Longer than the lease: the node is taken for dead by then.
    for (let number = 0; performance.now() - downAtMs < 9_000; number += 1) {
      const beganMs = performance.now();
      const answer = await stand.call(connection, `/refused/${number}`);
      expect(answer).toMatchObject({ status: 503, json: { code: 'database_unavailable' } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(performance.now() - beganMs).toBeLessThan(10_000);
      refused.push(answer);
      await delay(100);
    }
    for (const release of answers.values()) release();
    const held = await Promise.all(underWay);
    expect(held.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(10).fill('200 held'));

    await proxy.up();
    await until('a call to be made again', async () => (await stand.call(connection, '/again')).status === 200, {
      deadlineMs: 60_000,
    });
    const found = await until('those under way to be on record', async () => {
      const calls = await stand.ledger(connection, 11);
      const ended = calls.filter(({ path, outcome }) => path.startsWith('/held/') && outcome === 'succeeded');
      return ended.length === 10 ? calls : null;
    });
    expect(
      found
        .filter(({ path }) => path.startsWith('/held/'))
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(held.map(callIdOf).toSorted());
    expect(seen.filter((path) => path.startsWith('/refused'))).toEqual([]);
    // Nothing says that they were made: if they are there at all, they are there as refused.
    const onRecord = found.filter(({ path }) => path.startsWith('/refused'));
    for (const call of onRecord) expect(call).toMatchObject({ status: null, tryCount: 0 });
    expect(refused.length).toBeGreaterThan(1);
    expect(stand.posthorn.running()).toBe(true);
    await proxy.close();
  });

  test('frozen: a call that cannot be put on record is refused within seconds', async () => {
    const database = await createOwnDatabase();
    const proxy = await startFaultProxy(placeOfServer(inject('testServer')));
    const stand = await callingForTest({ env: { DATABASE_URL: databaseUrlOf(database.config, proxy.port) } });
    const seen: string[] = [];
    const provider = await providerForTest((request, response) => {
      seen.push(request.url ?? '');
      response.end();
    });
    const connection = await stand.connect(provider.url);
    expect((await stand.call(connection, '/before')).status).toBe(200);
    // Known to the database alone: it has to be looked up there.
    const unusedKey = await stand.keyFor(['connections:call']);
    expect(proxy.break('freeze')).toBeGreaterThan(0);
    const beganMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) => {
        return stand.call(connection, `/frozen/${number}`, number % 2 === 0 ? {} : { key: unusedKey });
      }),
    );
    expect(performance.now() - beganMs).toBeLessThan(15_000);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const { json } of refused) expect(json).toMatchObject({ code: 'database_unavailable' });
    await until('calls to be made again', async () => (await stand.call(connection, '/after')).status === 200, {
      deadlineMs: 60_000,
    });
    expect(seen.filter((path) => path.startsWith('/frozen'))).toHaveLength(20 - refused.length);
    // Not over the API, whose connections to the database are frozen too.
    const ledger = new pg.Client(database.config);
    await ledger.connect();
    try {
      await until('what was not made to be withdrawn', async () => {
        const claimed = `SELECT FROM call WHERE path LIKE '/frozen/%' AND tries_count IS DISTINCT FROM 0`;
        return (await ledger.query(claimed)).rowCount === 20 - refused.length;
      });
    } finally {
      await ledger.end();
    }
    await proxy.close();
  }, 120_000);
});
