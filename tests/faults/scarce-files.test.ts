import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeTeam } from '../support/api.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';
import { allReceived, startLoad } from './steady-load.ts';

const descriptors = 120;

test('too many open files: Posthorn survives, loses nothing it acknowledged, and takes connections again', async () => {
  const database = await createOwnDatabase();
  const receiver = await receiverForTest();
  const env = { DATABASE_URL: database.url };
  const { posthorn, api } = await posthornForTest({ env, before: `ulimit -n ${descriptors}` });
  const types = ['thing.made'];
  const { teamId } = await makeTeam(api, {
    types,
    endpoints: [{ url: receiver.url('a'), eventTypes: types, retry: { scheduleSeconds: [1, 1, 1, 2, 2, 3, 5, 8] } }],
  });
  const load = startLoad([api], teamId, 'thing.made');
  await until('events to be accepted', () => load.acknowledged.size > 20);

  const crowd: Socket[] = [];
  onTestFinished(() => crowd.forEach((socket) => socket.destroy()));
  const { hostname, port } = new URL(posthorn.url);
  let closed = 0;
  for (let count = 0; count < descriptors * 2; count += 1) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined).on('close', () => (closed += 1));
    crowd.push(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  }
  await until('connections to be turned away', () => closed > 0);
  expect(posthorn.running()).toBe(true);
  for (const socket of crowd) socket.destroy();

  const before = load.acknowledged.size;
  await until('events to be accepted again', () => load.acknowledged.size > before + 20, { deadlineMs: 60_000 });
  await load.stop();
  await allReceived(receiver, 'a', load.acknowledged);
  expect(posthorn.running()).toBe(true);
  expect((await api.ask('GET', '/readyz')).status).toBe(200);
  for (const { status } of load.refusals) expect([429, 503]).toContain(status);
}, 150_000);
