import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findServerProcesses } from '../../src/database/embedded/server-processes.ts';
import { makeTeam } from '../support/api.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';
import { allReceived, startLoad } from './steady-load.ts';

const types = ['thing.made'];

describe('stopping', () => {
  test('under load: exit code 0 within the deadline, and the next start sends what is left at once', async () => {
    const receiver = await receiverForTest();
    receiver.behave('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return 200;
    });
    const { posthorn, api, dataFolder } = await posthornForTest({ env: { POSTHORN_SHUTDOWN_SECONDS: '10' } });
    const { teamId } = await makeTeam(api, {
      types,
      endpoints: [
        { url: receiver.url('quick'), eventTypes: types },
        { url: receiver.url('slow'), eventTypes: types, concurrency: 3 },
      ],
    });
    const load = startLoad([api], teamId, 'thing.made', 6);
    await until('events to be accepted', () => load.acknowledged.size > 60);
    const sentAtMs = performance.now();
    const ending = await posthorn.end('SIGTERM');
    const tookMs = performance.now() - sentAtMs;
    await load.stop();
    expect(ending, posthorn.output().slice(-2000)).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(15_000);
    for (const { status } of load.refusals) expect(status).toBe(503);
    const seen = new Set(receiver.of('slow').map(({ eventId }) => eventId));
    const left = [...load.acknowledged].filter((eventId) => !seen.has(eventId));
    expect(left.length).toBeGreaterThan(0);

    await posthornForTest({ dataFolder });
    const readyAtMs = performance.now();
    await until('the first of what was left', () => receiver.of('slow').some(({ eventId }) => left.includes(eventId)));
    // The default lease is 30 s: nobody waited for it.
    expect(performance.now() - readyAtMs).toBeLessThan(10_000);
    expect(await allReceived(receiver, 'slow', load.acknowledged)).toBe(0);
    expect(await allReceived(receiver, 'quick', load.acknowledged)).toBe(0);
  }, 90_000);

  test('told to drain: it is not ready at once, takes events all the same, and ends when the time is over', async () => {
    const receiver = await receiverForTest();
    const env = { POSTHORN_DRAIN_SECONDS: '3', POSTHORN_SHUTDOWN_SECONDS: '5' };
    const { posthorn, api } = await posthornForTest({ env });
    const { teamId } = await makeTeam(api, { types, endpoints: [{ url: receiver.url('drain'), eventTypes: types }] });
    const post = () =>
      api.call<{ id: string }>('POST', `/v1/teams/${teamId}/events`, { type: 'thing.made', payload: {} });
    await post();
    const ending = posthorn.end('SIGTERM');
    await until(
      'the node to say that it is leaving',
      async () => (await fetch(`${posthorn.url}/readyz`)).status === 503,
    );
    const { id } = await post();
    await until('the event that was posted while it drains', () =>
      receiver.of('drain').some(({ eventId }) => eventId === id),
    );
    expect(await ending, posthorn.output().slice(-2000)).toEqual({ code: 0, signal: null });
    await expect(fetch(`${posthorn.url}/livez`)).rejects.toThrow('fetch failed');
  }, 60_000);

  test('an endpoint that hangs does not hold up the stop beyond its deadline, and gets its delivery later', async () => {
    const receiver = await receiverForTest();
    let hanging = true;
    receiver.behave('hangs', () => (hanging ? undefined : 200));
    const { posthorn, api, dataFolder } = await posthornForTest({ env: { POSTHORN_SHUTDOWN_SECONDS: '2' } });
    const { teamId } = await makeTeam(api, { types, endpoints: [{ url: receiver.url('hangs'), eventTypes: types }] });
    const { id } = await api.call<{ id: string }>('POST', `/v1/teams/${teamId}/events`, {
      type: 'thing.made',
      payload: {},
    });
    await until('the request', () => receiver.of('hangs').length === 1);
    const sentAtMs = performance.now();
    expect(await posthorn.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - sentAtMs).toBeLessThan(12_000);
    // That it was cut by the stop says nothing of the receiver.
    expect(posthorn.output()).not.toMatch(/attempt failed|something failed/);
    hanging = false;
    await posthornForTest({ dataFolder });
    await until('the delivery', () =>
      receiver.of('hangs').some(({ eventId, status }) => eventId === id && status === 200),
    );
  }, 60_000);

  test('a database that does not answer any more does not keep the process: what hangs is named and left behind', async () => {
    const shutdownSeconds = 1;
    const env = { POSTHORN_SHUTDOWN_SECONDS: String(shutdownSeconds) };
    const receiver = await receiverForTest();
    const { posthorn, api, dataFolder } = await posthornForTest({ env });
    const { teamId } = await makeTeam(api, { types, endpoints: [{ url: receiver.url('a'), eventTypes: types }] });
    const load = startLoad([api], teamId, 'thing.made', 2);
    await until('events to be accepted', () => load.acknowledged.size > 20);
    const frozen = await findServerProcesses(join(dataFolder, 'postgres'));
    expect(frozen.length).toBeGreaterThan(5);
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    const sentAtMs = performance.now();
    const ending = await posthorn.end('SIGTERM');
    const tookMs = performance.now() - sentAtMs;
    for (const pid of await findServerProcesses(join(dataFolder, 'postgres'))) process.kill(pid, 'SIGCONT');
    await load.stop();
    expect(tookMs, posthorn.output().slice(-4000)).toBeLessThan((shutdownSeconds + 10 + 3) * 1000);
    expect(ending).toEqual({ code: 1, signal: null });
    expect(posthorn.output()).toMatch(/"what":"the database".*did not stop in time and is left behind/);
    expect(posthorn.output()).toMatch(/"everythingEnded":false.*"msg":"stopped"/);

    await posthornForTest({ dataFolder });
    // Some may come again: what was received and could not be put on record.
    await allReceived(receiver, 'a', load.acknowledged);
  }, 90_000);
});
