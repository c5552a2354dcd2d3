import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { makeTeam } from '../support/api.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';
import { allReceived, startLoad } from './steady-load.ts';

const types = ['thing.made'];
const leaseSeconds = 4;

/** Two nodes, started at the same moment on an empty database. */
async function startTwoNodes() {
  const database = await createOwnDatabase({ empty: true });
  const masterKey = randomBytes(32).toString('base64');
  const env = {
    DATABASE_URL: database.url,
    POSTHORN_MASTER_KEY: masterKey,
    POSTHORN_TEST_LEASE_SECONDS: String(leaseSeconds),
  };
  const [one, other] = await Promise.all([posthornForTest({ env }), posthornForTest({ env })]);
  return { database, one, other };
}

describe('two nodes on one database', () => {
  test('start together on an empty one; one is killed under load, and the other takes over after the lease', async () => {
    const { database, one, other } = await startTwoNodes();
    const receiver = await receiverForTest();
    // Slow enough that the killed node leaves something behind: in flight, in its lanes, and unsettled.
    receiver.behave('a', async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return 200;
    });
    const { teamId } = await makeTeam(one.api, {
      types,
      endpoints: [{ url: receiver.url('a'), eventTypes: types, concurrency: 6, retry: { scheduleSeconds: [1, 1, 1] } }],
    });
    const load = startLoad([one.api, other.api], teamId, 'thing.made', 3);
    await until('events to be accepted', () => load.acknowledged.size > 150, { deadlineMs: 60_000 });
    await one.posthorn.end('SIGKILL');
    const before = load.acknowledged.size;
    await until('the other to go on', () => load.acknowledged.size > before + 20);
    await load.stop();

    const again = await allReceived(receiver, 'a', load.acknowledged);
    // What the killed node had sent and not settled: at most what it may have in flight, and one batch.
    expect(again).toBeLessThan(60);
    expect(await pendingOf(database.config)).toEqual({ pending: 0, nodes: 1 });
    // A node that was held up for longer than it is sure of its lease says so, and takes nothing meanwhile.
    const otherRefusals = load.refusals.filter(
      ({ status, body }) => status !== 503 || body['code'] !== 'database_unavailable',
    );
    expect(otherRefusals).toEqual([]);
  }, 150_000);

  test('one is stopped in order: the other sends at once what it held, without waiting for a lease', async () => {
    const { one, other } = await startTwoNodes();
    const receiver = await receiverForTest();
    let answering = false;
    receiver.behave('a', () => (answering ? 200 : 500));
    const { teamId } = await makeTeam(one.api, {
      types,
      endpoints: [{ url: receiver.url('a'), eventTypes: types, retry: { scheduleSeconds: [1, 1, 1, 1, 1, 1, 1, 1] } }],
    });
    const load = startLoad([one.api], teamId, 'thing.made', 1);
    await until('events to be accepted', () => load.acknowledged.size >= 5);
    await load.stop();
    expect(await one.posthorn.end('SIGTERM')).toEqual({ code: 0, signal: null });
    answering = true;
    await allReceived(receiver, 'a', load.acknowledged);
    await until('all of them to succeed', async () => {
      const { data } = await other.api.call<{ data: unknown[] }>('GET', `/v1/teams/${teamId}/deliveries?state=pending`);
      return data.length === 0;
    });
  }, 90_000);
});

async function pendingOf(config: pg.ClientConfig): Promise<{ pending: number; nodes: number }> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await until('the last settles', async () => {
      const { rows } = await client.query<{ pending: number; nodes: number }>(
        `SELECT (SELECT count(*)::int FROM delivery WHERE state = 0) AS pending, (SELECT count(*)::int FROM node) AS nodes`,
      );
      return rows[0]?.pending === 0 ? rows[0] : null;
    });
  } finally {
    await client.end();
  }
}
