import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { findServerProcesses, readPostmasterPid } from '../../src/database/embedded/server-processes.ts';
import { post } from '../receiving/post.ts';
import { rawClient } from '../receiving/raw-client.ts';
import { type Api, makeTeam } from '../support/api.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { createOwnDatabase, databaseUrlOf, placeOfServer } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { allEvents, bodyOf, type ProviderLoad, receivedInOrder, secret, startProviderLoad } from './provider-load.ts';
import { posthornForTest, receiverForTest } from './stand.ts';

type Readiness = { ready: boolean; checks: { name: string; ok: boolean; detail: string }[] };

/** A team with a source and an endpoint that gets its events in the order of their subjects. */
async function makeSource(api: Api, url: string, provider = 'documenso') {
  const { teamId } = await makeTeam(api, { types: [], endpoints: [] });
  const source = { provider, name: 'Contracts', credentials: [{ value: secret }] };
  const { id: sourceId } = await api.call<{ id: string }>('POST', `/v1/teams/${teamId}/sources`, source);
  const endpoint = { url, eventTypes: ['*'], ordering: 'key', retry: { scheduleSeconds: [1, 1, 1, 1] } };
  await api.call('POST', `/v1/teams/${teamId}/endpoints`, endpoint);
  return { teamId, sourceId };
}
const headers = { 'content-type': 'application/json', 'x-documenso-secret': secret };

async function spooled(api: Api): Promise<number> {
  const { body } = await api.ask<Readiness>('GET', '/readyz');
  const detail = body.checks.find(({ name }) => name === 'spool')?.detail ?? '';
  return Number(/^(\d+) requests wait/.exec(detail)?.[1] ?? 0);
}

/** Once the spool is empty: every acknowledged notification is one event, in its order, and was received so. */
async function expectAllOnce(
  at: { api: Api; teamId: string; sourceId: string; receiver: Awaited<ReturnType<typeof receiverForTest>> },
  load: ProviderLoad,
): Promise<void> {
  await until('readiness', async () => (await at.api.ask('GET', '/readyz')).status === 200, { deadlineMs: 60_000 });
  await until('the spool to be drained', async () => (await spooled(at.api)) === 0, { deadlineMs: 60_000 });
  const received = await receivedInOrder(at.receiver, 'a', load.count());
  for (const [subject, numbers] of load.acknowledged) {
    expect(received.get(subject)).toEqual(numbers);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  }
  const events = await allEvents(at.api, at.teamId, at.sourceId);
  expect(events).toHaveLength(load.count());
}

/** How often the events of the source were seen again, as far as it is written yet. */
async function seenAgain(at: { api: Api; teamId: string; sourceId: string }): Promise<number> {
  const events = await allEvents(at.api, at.teamId, at.sourceId);
  return events.reduce((sum, { origin }) => sum + (origin.seenAgain?.count ?? 0), 0);
}

describe('the database ends in the middle of a burst', () => {
  test('killed, then frozen: every answer is kept, once and in order, and nobody waits for long', async () => {
    const { posthorn, api, dataFolder } = await posthornForTest();
    const receiver = await receiverForTest();
    const source = await makeSource(api, receiver.url('a'));
    const cluster = join(dataFolder, 'postgres');
    const load = startProviderLoad(() => `${posthorn.url}/in/${source.sourceId}`, 4);
    const more = async (count: number): Promise<void> => {
      const before = load.count();
      await until('more of them', () => load.count() > before + count);
    };
    await more(40);
    const pid = (await readPostmasterPid(cluster)) as number;
    process.kill(pid, 'SIGKILL');
    await more(40);
    await until('another server', async () => {
      const found = await readPostmasterPid(cluster);
      return found !== undefined && found !== pid;
    });
    await until('the spool to be drained', async () => (await spooled(api)) === 0);
    await more(20);

    const frozen = await findServerProcesses(cluster);
    for (const each of frozen) process.kill(each, 'SIGSTOP');
    const thaw = (): void => {
      for (const each of frozen) {
        try {
          process.kill(each, 'SIGCONT');
        } catch {
          // It ended meanwhile.
        }
      }
    };
    try {
      await more(40);
      expect(await spooled(api)).toBeGreaterThan(0);
    } finally {
      thaw();
    }
    await more(20);
    await load.stop();
    await expectAllOnce({ api, receiver, ...source }, load);
    expect(load.strange).toEqual([]);
    await until('the duplicates to be counted', async () => (await seenAgain({ api, ...source })) >= load.again());
    // What was answered 503 may have been stored, and is a duplicate when it is sent again.
    expect(await seenAgain({ api, ...source })).toBeLessThanOrEqual(load.again() + load.refused());
    // Documenso gives up after ten seconds.
    expect(load.slowestMs()).toBeLessThan(10_000);
    expect(posthorn.running()).toBe(true);
  }, 120_000);

  test('gone with DATABASE_URL, and Posthorn killed too: it starts from what it kept, and goes on receiving', async () => {
    const database = await createOwnDatabase();
    const proxy = await startFaultProxy(placeOfServer(inject('testServer')));
    const env = { DATABASE_URL: databaseUrlOf(database.config, proxy.port), POSTHORN_TEST_LEASE_SECONDS: '6' };
    const first = await posthornForTest({ env });
    const { dataFolder } = first;
    const receiver = await receiverForTest();
    const source = await makeSource(first.api, receiver.url('a'));
    let { url } = first.posthorn;
    const load = startProviderLoad(() => `${url}/in/${source.sourceId}`, 3);
    await until('some of them', () => load.count() > 30);
    expect(await readFile(join(dataFolder, 'sources.json'), 'utf8')).not.toContain(secret);

    await proxy.down();
    const before = load.count();
    await until('some to be spooled', () => load.count() > before + 30);
    await first.posthorn.end('SIGKILL');
    const second = await posthornForTest({ env, dataFolder, awaitReady: false });
    ({ url } = second.posthorn);
    const after = load.count();
    await until('more to be spooled', () => load.count() > after + 30);
    const red = await second.api.ask<Readiness>('GET', '/readyz');
    expect(red.status).toBe(503);
    expect(red.body.checks.find(({ name }) => name === 'spool')).toMatchObject({ ok: true });
    expect(await spooled(second.api)).toBeGreaterThan(60);
    // Known sources are taken, and of the others nothing can be said.
    const unknown = await post(`${url}/in/${source.sourceId.replace(/.{8}$/, '00000000')}`, bodyOf('x', 1), {
      headers,
    });
    expect([unknown.status, unknown.headers['retry-after']]).toEqual([503, '5']);
    expect(
      (
        await post(`${url}/in/${source.sourceId}`, bodyOf('x', 1), {
          headers: { ...headers, 'x-documenso-secret': 'no' },
        })
      ).status,
    ).toBe(401);

    await proxy.up();
    await until('readiness', async () => (await second.api.ask('GET', '/readyz')).status === 200, {
      deadlineMs: 60_000,
    });
    await load.stop();
    await expectAllOnce({ api: second.api, receiver, ...source }, load);
    // What was counted and not yet written died with the first process.
    expect(await seenAgain({ api: second.api, ...source })).toBeLessThanOrEqual(load.again() + load.refused());
    // Between the two processes nobody listened.
    expect(load.strange.every((each) => each.startsWith('E'))).toBe(true);
  }, 120_000);

  test('a spool that is full says when to come again, still knows what it has, and empties itself', async () => {
    const { posthorn, api, dataFolder } = await posthornForTest({ env: { POSTHORN_SPOOL_MAX_MB: '1' } });
    const receiver = await receiverForTest();
    const { teamId, sourceId } = await makeSource(api, receiver.url('a'), 'goroute');
    const frozen = await findServerProcesses(join(dataFolder, 'postgres'));
    for (const each of frozen) process.kill(each, 'SIGSTOP');
    const send = async (number: number) => {
      const body = JSON.stringify({
        event: 'document.received',
        event_id: `e${number}`,
        data: { text: 'x'.repeat(50_000) },
      });
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      return post(`${posthorn.url}/in/${sourceId}`, body, {
        headers: { ...headers, 'x-goroute-signature': signature },
      });
    };
    let kept = 0;
    try {
      let answer = await send(0);
      for (; answer.status === 200 && kept < 50; answer = await send(kept)) kept += 1;
      expect(kept).toBeGreaterThan(5);
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '10']);
      expect(answer.text).toMatch(/database_unavailable.*spool is full/);
      expect((await send(0)).status).toBe(200);
    } finally {
      for (const each of frozen) process.kill(each, 'SIGCONT');
    }
    await until('it to be taken', async () => (await send(kept)).status === 200, { everyMs: 200 });
    await until('the spool to be drained', async () => (await spooled(api)) === 0);
    const events = await until('all of them', async () => {
      const all = await allEvents(api, teamId, sourceId);
      return all.length >= kept + 1 && all[0]?.origin.seenAgain !== null ? all : null;
    });
    expect(events).toHaveLength(kept + 1);
    expect(events[0]?.origin.seenAgain).toMatchObject({ count: 1 });
    expect(existsSync(join(dataFolder, 'spool-set-aside'))).toBe(false);
  }, 90_000);
});

describe('senders that are slow or many', () => {
  test('headers and bodies that trickle are cut off while others go on, and 200 large bodies at once take bounded memory', async () => {
    const { posthorn, api } = await posthornForTest();
    const receiver = await receiverForTest();
    const { teamId, sourceId } = await makeSource(api, receiver.url('a'), 'goroute');
    const path = `/in/${sourceId}`;
    const port = Number(new URL(posthorn.url).port);
    const beganMs = performance.now();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const tricklers = [
      head,
      `${head}Content-Length: 50000\r\n\r\n`,
      `${head}Content-Length: 20000000\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
    ];
    const clients = await Promise.all(tricklers.map(() => rawClient(port)));
    clients.forEach((client, index) => client.write(tricklers[index] as string));
    const dripping = setInterval(() => {
      const chunked = [false, false, false, true];
      clients.forEach((client, index) =>
        client.write(index === 0 ? 'X-A: b\r\n' : chunked[index] ? '1\r\nx\r\n' : 'x'),
      );
    }, 250);

    const large = Array.from({ length: 200 }, (_, number) => {
      const content = randomBytes(380_000).toString('base64');
      return Buffer.from(
        JSON.stringify({
          event: 'document.received',
          event_id: `large-${number}`,
          data: { pdf: content, more: content },
        }),
      );
    });
    const answers = await Promise.all(
      large.map((body, index) => {
        const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
        const how = { headers: { 'content-type': 'application/json', 'x-goroute-signature': signature } };
        return post(posthorn.url + path, body, index % 4 === 0 ? { ...how, chunks: 20 } : how);
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const peakMb = Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${posthorn.pid}/status`, 'utf8'))?.[1]) / 1024;
    expect(peakMb).toBeGreaterThan(50);
    expect(peakMb).toBeLessThan(600);
    expect(await allEvents(api, teamId, sourceId)).toHaveLength(200);

    await Promise.all(clients.map((client) => client.closed()));
    clearInterval(dripping);
    expect(performance.now() - beganMs).toBeLessThan(45_000);
    // Whoever still listens is told why.
    expect(clients.slice(1).map((client) => /^HTTP\/1\.1 (\d+)/.exec(client.received())?.[1])).toEqual([
      '408',
      '408',
      '408',
    ]);
    expect((await api.ask('GET', '/readyz')).status).toBe(200);
  }, 120_000);
});
