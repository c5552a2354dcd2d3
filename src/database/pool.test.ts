import pg from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startFaultProxy } from '../../tests/support/fault-proxy.ts';
import { databaseUrlOf, placeOfServer } from '../../tests/support/own-database.ts';
import { endClient } from './end-client.ts';
import { createPool, endPool } from './pool.ts';

/** A way to the run's server that can be frozen. */
async function freezable() {
  const server = inject('testServer');
  const proxy = await startFaultProxy(placeOfServer(server));
  onTestFinished(() => proxy.close());
  return { proxy, connectionString: databaseUrlOf(server, proxy.port) };
}

async function millisecondsOf(work: Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work;
  return performance.now() - startedAtMs;
}

describe('ending connections', () => {
  test('a pool ends when what is under way has ended', async () => {
    const pool = createPool({ ...inject('testServer'), max: 2 }, () => undefined);
    const slow = pool.query(`SELECT 'answered' AS said FROM pg_sleep(0.2)`);
    await pool.query('SELECT 1');
    expect(await millisecondsOf(endPool(pool))).toBeLessThan(1_500);
    expect((await slow).rows).toEqual([{ said: 'answered' }]);
  });

  test('a pool of a frozen server ends all the same, with idle connections and with one in use', async () => {
    const { proxy, connectionString } = await freezable();
    const pool = createPool({ connectionString, max: 3 }, () => undefined);
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.05)')));
    expect(proxy.break('freeze')).toBe(3);
    const stuck = pool.query('SELECT 1').catch((error: unknown) => error);
    await new Promise(setImmediate);
    expect(await millisecondsOf(endPool(pool))).toBeLessThan(10_000);
    expect(String(await stuck)).toMatch(/Connection terminated/);
  });

  test('so does a connection outside of a pool', async () => {
    const { proxy, connectionString } = await freezable();
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    await client.connect();
    proxy.break('freeze');
    expect(await millisecondsOf(endClient(client))).toBeLessThan(10_000);
  });
});
