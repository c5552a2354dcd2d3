import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyBlobStore } from '../../tests/support/blobs.ts';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createRouteServer } from '../../tests/support/route-server.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import type { Context } from '../context.ts';
import { eventQueryRoutes } from '../events/event-query.routes.ts';
import { createFeedWaitingRoom } from '../feed/feed-waiting-room.ts';
import { feedRoutes } from '../feed/feed.routes.ts';
import { createIdSource } from '../ids/id-source.ts';
import { replayRoutes } from '../replays/replay.routes.ts';
import { deliveryRoutes } from './delivery.routes.ts';

let database: TestDatabase;
let history: History;
let app: FastifyInstance;

beforeAll(async () => {
  database = await createTestDatabase();
  history = await createHistory(database.pool);
  const clock = { now: () => Date.now() };
  const deps = {
    database: database.pool,
    clock,
    ids: createIdSource(clock),
    sealer: {} as Context['sealer'],
    environment: 'development' as const,
    blobs: await emptyBlobStore(),
    bodyUrl: () => 'https://posthorn.example/bodies/x',
    readBodyUrl: () => ({ teamId: '', eventId: '' }),
    onQueued: () => undefined,
    onReplay: () => undefined,
    acceptEvent: () => Promise.reject(new Error('not used')),
    waitingRoom: createFeedWaitingRoom({
      database: database.pool,
      timers: createManualTimers(),
      onError: () => undefined,
    }),
  };
  app = await createRouteServer(eventQueryRoutes(deps), deliveryRoutes(deps), replayRoutes(deps), feedRoutes(deps));
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const call = async (method: 'GET' | 'POST', path: string, body?: object) => {
  const answer = await app.inject({
    method,
    url: `/v1/teams/${history.teamId}${path}`,
    ...(body === undefined ? {} : { payload: body }),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    raw: answer.rawPayload,
    json: <Body = Record<string, unknown>>() => answer.json<Body>(),
  };
};

test('lists and shows deliveries by what stands in the URL, page by page (complaint 9: filters that can be bookmarked)', async () => {
  const endpointId = await history.endpoint();
  const made: string[] = [];
  for (let n = 0; n < 3; n += 1) made.push(await history.delivery({ endpointId, state: 'dead' }));
  await history.attempt({
    deliveryId: made[2]!,
    number: 1,
    status: 500,
    error: 'http',
    responseBody: Buffer.from('no'),
  });
  const query = `state=dead&endpoint=${endpointId}&eventType=a.happened&since=${new Date(Date.now() - 60_000).toISOString()}&limit=2`;
  const first = (await call('GET', `/deliveries?${query}`)).json<{ data: { id: string }[]; nextCursor: string }>();
  const second = (await call('GET', `/deliveries?${query}&cursor=${first.nextCursor}`)).json<typeof first>();
  expect([...first.data, ...second.data].map((each) => each.id)).toEqual(made.toReversed());
  expect(second.nextCursor).toBeNull();
  expect((await call('GET', `/deliveries/${made[2]}`)).json()).toMatchObject({
    state: 'dead',
    attempts: [
      {
        status: 500,
        request: { headers: [{ name: 'webhook-id', value: 'evt_1' }, {}], body: { content: '{"a":1}' } },
        response: { body: { content: 'no', truncated: false } },
        timing: { dnsMs: null, totalMs: 12.5 },
      },
    ],
  });
  const resent = await call('POST', `/deliveries/${made[0]}/resend`);
  expect([resent.status, resent.json()['state']]).toEqual([200, 'pending']);
  expect((await call('POST', `/deliveries/${made[0]}/cancel`)).json()).toMatchObject({ state: 'cancelled' });
});

test('refuses filters and cursors that it does not know', async () => {
  for (const query of ['state=odd', 'endpoint=x', 'since=yesterday', 'limit=0', 'foo=1', 'cursor=abc']) {
    expect([query, (await call('GET', `/deliveries?${query}`)).status]).toEqual([query, 400]);
  }
  const events = (await call('GET', '/events?limit=1')).json<{ nextCursor: string }>();
  expect((await call('GET', `/deliveries?cursor=${events.nextCursor}`)).status).toBe(400);
});

test('gives the bytes of an event as a download that no browser interprets', async () => {
  const body = Buffer.from('<script>alert(1)</script>\u0000');
  const eventId = await history.event({ body, contentType: 'text/html' });
  const answer = await call('GET', `/events/${eventId}/body`);
  expect(answer.raw).toEqual(body);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html',
    'content-disposition': `attachment; filename="${eventId}"`,
    'x-content-type-options': 'nosniff',
  });
  expect((await call('GET', `/events/${eventId}`)).json()).toMatchObject({
    contentType: 'text/html',
    sizeBytes: body.length,
  });
});

test('starts, shows, lists and cancels replays', async () => {
  const endpointId = await history.endpoint();
  await history.delivery({ endpointId, state: 'dead' });
  const filter = { endpoint: endpointId, states: ['dead'], since: '2020-01-01T00:00:00.000Z' };
  const dry = (await call('POST', '/replays', { filter, dryRun: true })).json();
  expect(dry).toMatchObject({ state: 'finished', dryRun: true, matched: 1, resent: 0, filter });
  const recovered = await call('POST', `/endpoints/${endpointId}/recover`, { since: filter.since });
  expect([recovered.status, recovered.json()]).toMatchObject([201, { state: 'running', filter }]);
  const { id } = recovered.json<{ id: string }>();
  expect((await call('GET', `/replays/${id}`)).json()).toMatchObject({ id, ratePerSecond: null, finishedAt: null });
  expect((await call('POST', `/replays/${id}/cancel`)).json()).toMatchObject({ state: 'cancelled' });
  expect((await call('GET', '/replays')).json()).toMatchObject({ data: [{ id }, { id: dry['id'] }], nextCursor: null });
  expect((await call('POST', '/replays', { filter: { state: 'dead' } })).status).toBe(400);
});

test('feeds a consumer, which always gets a cursor to go on with', async () => {
  const eventId = await history.event({ atMs: Date.now() - 60_000, type: 'fed' });
  const page = (await call('GET', '/feed?consumer=me&eventTypes=fed')).json<{ data: object[]; nextCursor: string }>();
  expect(page.data).toMatchObject([{ id: eventId, body: { encoding: 'utf-8', content: '{"a":1}' } }]);
  const empty = (await call('GET', `/feed?consumer=me&eventTypes=fed&cursor=${page.nextCursor}`)).json<typeof page>();
  expect([empty.data, typeof empty.nextCursor]).toEqual([[], 'string']);
  expect((await call('GET', '/feed')).status).toBe(400);
});
