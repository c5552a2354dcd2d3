import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type ApiSimulator, startApiSimulator } from '../../src/simulation/start-api-simulator.ts';
import { createApi } from '../support/api.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { startPosthorn } from '../support/posthorn-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let folder: string;
let sandbox: ApiSimulator<'documenso'>;
let production: ApiSimulator<'documenso'>;
let receiver: Server;
const received: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'posthorn-promotion-'));
  await chmod(folder, 0o711);
  const clock = { now: () => Date.now() };
  [sandbox, production] = await Promise.all([
    startApiSimulator({ provider: 'documenso', clock }),
    startApiSimulator({ provider: 'documenso', clock }),
  ]);
  receiver = createServer((request, response) => {
    received.push(String(request.headers['posthorn-event-type']));
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(async () => {
  receiver.close();
  await Promise.all([sandbox.stop(), production.stop()]);
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

type Shown = { id: string; state: string; because: string | null; steps: { name: string; outcome: string }[] };

test('a real gateway promotes through real reviews, goes on after kill -9, and watches what is live', async () => {
  const start = () =>
    startPosthorn({
      dataFolder: join(folder, 'data'),
      env: { DATABASE_URL: databaseUrlOf(database.config), POSTHORN_LOG_LEVEL: 'warn', POSTHORN_SHUTDOWN_SECONDS: '2' },
    });
  let posthorn = await start();
  onTestFinished(async () => void (await posthorn.end('SIGKILL')));
  const api = createApi(() => posthorn.url);
  const team = `/v1/teams/${(await api.call<{ id: string }>('POST', '/v1/teams', { name: 'Launch' })).id}`;
  const made = async (path: string, body: object): Promise<string> =>
    (await api.call<{ id: string }>('POST', `${team}/${path}`, body)).id;
  const account = ({ url, world }: typeof sandbox) => ({
    baseUrl: url,
    selfHosted: true,
    credentials: [{ fields: { token: world.api.apiToken } }],
  });
  const port = (receiver.address() as AddressInfo).port;
  const endpoint = await made('endpoints', { url: `http://127.0.0.1:${port}/hook`, eventTypes: ['*'] });
  const connection = await made('connections', {
    provider: 'documenso',
    environment: 'sandbox',
    name: 'Contracts',
    ...account(sandbox),
  });
  const integration = { connections: [connection], endpoints: [endpoint] };
  const review = await made('reviews', { name: 'Launch', checklists: ['documenso-production'], integration });
  const body = { review, connection, production: account(production) };
  const refused = await api.ask('POST', `${team}/promotions`, body);
  expect(refused.body).toMatchObject({ code: 'review_not_passed' });

  // Held where it is tried: the gateway is killed in between.
  production.setFaults(['slow=30s']);
  const override = { reason: 'To see it happen.' };
  const promotion = await made('promotions', { ...body, override });
  const shown = (): Promise<Shown> => api.call<Shown>('GET', `${team}/promotions/${promotion}`);
  await until('it to be switched', async () => (await shown()).state === 'switched');
  await posthorn.end('SIGKILL');
  production.setFaults([]);
  // What the killed node held, it holds for two minutes: here nobody waits that long.
  await database.pool.query('UPDATE promotion SET worked_until = now()');
  posthorn = await start();
  const ended = await until('it to end', async () => {
    const now = await shown();
    return now.state === 'live' || now.because !== null ? now : null;
  });
  expect(ended).toMatchObject({ state: 'live', because: null });
  expect(ended.steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'decided succeeded',
    'switched succeeded',
    'read succeeded',
    'endpoint succeeded',
    'source skipped',
    'archive skipped',
    'live succeeded',
  ]);
  expect(received).toContain('posthorn.promotion.smoke_test');
  expect(await api.call('GET', `${team}/connections/${connection}`)).toMatchObject({
    environment: 'production',
    baseUrl: production.url,
  });
  expect(await api.call('GET', `${team}/reviews/${review}`)).toMatchObject({
    status: expect.stringMatching(/promoted|reopened/) as unknown,
  });
  const watch = await until('the first look', async () => {
    const found = await api.call<{ data: { phase: string; checks: number }[] }>(
      'GET',
      `${team}/reviews/${review}/watch`,
    );
    return found.data.length > 0 ? found : null;
  });
  expect(watch.data[0]).toMatchObject({ phase: 'launch-day', failed: false });
  expect(watch.data[0]?.checks).toBeGreaterThan(5);

  const back = await api.call<Shown>('POST', `${team}/promotions/${promotion}/roll-back`, { reason: 'Tried.' });
  expect(back).toMatchObject({ state: 'rolled-back' });
  expect(await api.call('GET', `${team}/connections/${connection}`)).toMatchObject({
    environment: 'sandbox',
    baseUrl: sandbox.url,
  });
  const call = await api.ask('GET', `/egress/${connection}/api/v2/envelope?page=1`);
  expect(call.status).toBe(200);
  await until('the review to be reopened', async () => {
    return (await api.call<{ status: string }>('GET', `${team}/reviews/${review}`)).status === 'reopened';
  });
  await posthorn.end('SIGTERM');
}, 180_000);
