import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { readPostmasterPid } from '../../src/database/embedded/server-processes.ts';
import { makeTeam } from '../support/api.ts';
import { type ConnectionFault, startFaultProxy } from '../support/fault-proxy.ts';
import { createOwnDatabase, databaseUrlOf, placeOfServer } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';
import { allReceived, startLoad } from './steady-load.ts';

type Readiness = { ready: boolean; checks: { name: string; ok: boolean; detail: string }[] };
const types = ['thing.made'];

async function standBehindProxy() {
  const database = await createOwnDatabase();
  const proxy = await startFaultProxy(placeOfServer(inject('testServer')));
  const env = { DATABASE_URL: databaseUrlOf(database.config, proxy.port), POSTHORN_TEST_LEASE_SECONDS: '6' };
  const { posthorn, api } = await posthornForTest({ env });
  const receiver = await receiverForTest();
  const { teamId } = await makeTeam(api, {
    types,
    endpoints: [{ url: receiver.url('a'), eventTypes: types, retry: { scheduleSeconds: [1, 1, 1, 1] } }],
  });
  return { proxy, posthorn, api, receiver, teamId };
}

describe('the database ends and comes back', () => {
  test('killed under load and again: nothing is lost, and nobody restarts Posthorn (svix 1844, outpost PR 881)', async () => {
    const { posthorn, api, dataFolder } = await posthornForTest();
    const receiver = await receiverForTest();
    const { teamId } = await makeTeam(api, { types, endpoints: [{ url: receiver.url('a'), eventTypes: types }] });
    const load = startLoad([api], teamId, 'thing.made');
    for (let kills = 0; kills < 3; kills += 1) {
      const before = load.acknowledged.size;
      await until('events to be accepted', () => load.acknowledged.size > before + 20);
      const pid = (await readPostmasterPid(join(dataFolder, 'postgres'))) as number;
      process.kill(pid, 'SIGKILL');
      await until('another server', async () => {
        const found = await readPostmasterPid(join(dataFolder, 'postgres'));
        return found !== undefined && found !== pid;
      });
    }
    const before = load.acknowledged.size;
    await until('events to be accepted again', () => load.acknowledged.size > before + 20);
    await load.stop();
    await allReceived(receiver, 'a', load.acknowledged);
    expect(posthorn.running()).toBe(true);
    expect(load.unanswered).toBe(0);
    expect(load.refusals.filter(({ status }) => status !== 503)).toEqual([]);
  }, 90_000);

  test('away for longer than a lease: 503 with Retry-After meanwhile, red readiness with a reason, back by itself', async () => {
    const { proxy, posthorn, api, receiver, teamId } = await standBehindProxy();
    const load = startLoad([api], teamId, 'thing.made');
    await until('events to be accepted', () => load.acknowledged.size > 20);
    // The lease is six seconds.
    const awayMs = 10_000;
    const downAtMs = performance.now();
    await proxy.down();

    const red = await until('readiness to turn red', async () => {
      const answer = await api.ask<Readiness>('GET', '/readyz');
      return answer.status === 503 ? answer.body : null;
    });
    expect(red.ready).toBe(false);
    expect(red.checks.find(({ name }) => name === 'database')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/out of reach/),
    });
    expect((await api.ask('GET', '/livez')).status).toBe(200);
    const refused = await api.ask('POST', `/v1/teams/${teamId}/events`, { type: 'thing.made', payload: {} });
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'database_unavailable' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await until('the time away to pass', () => performance.now() - downAtMs > awayMs, { deadlineMs: 60_000 });
    expect((await api.ask('GET', '/livez')).status).toBe(200);

    await proxy.up();
    await until('readiness to turn green', async () => (await api.ask('GET', '/readyz')).status === 200);
    const before = load.acknowledged.size;
    await until('events to be accepted again', () => load.acknowledged.size > before + 20);
    await load.stop();
    await allReceived(receiver, 'a', load.acknowledged);
    expect(posthorn.running()).toBe(true);
    for (const { status, headers } of load.refusals) {
      expect([status, headers.get('retry-after') === null]).toEqual([503, false]);
    }
  }, 120_000);
});

describe('connections to the database that go wrong', () => {
  const faults: ConnectionFault[] = ['reset', 'half-close', 'freeze'];
  test.each(faults)(
    '%s: found out within bounded time, and everything acknowledged arrives',
    async (fault) => {
      const { proxy, posthorn, api, receiver, teamId } = await standBehindProxy();
      const load = startLoad([api], teamId, 'thing.made');
      await until('events to be accepted', () => load.acknowledged.size > 20);
      expect(proxy.break(fault)).toBeGreaterThan(0);
      const brokenAtMs = performance.now();
      const before = load.acknowledged.size;
      await until('events to be accepted again', () => load.acknowledged.size > before + 20, { deadlineMs: 60_000 });
      await until('readiness to be green', async () => (await api.ask('GET', '/readyz')).status === 200, {
        deadlineMs: 60_000,
      });
      const tookMs = performance.now() - brokenAtMs;
      await load.stop();
      await allReceived(receiver, 'a', load.acknowledged);
      expect(posthorn.running()).toBe(true);
      expect(tookMs).toBeLessThan(40_000);
      expect(load.unanswered).toBe(0);
    },
    150_000,
  );
});
