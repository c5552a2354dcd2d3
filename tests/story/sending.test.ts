import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi, makeTeam } from '../support/api.ts';
import { type JournalReceiver, startReceiver } from '../support/journal-receiver.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';

let posthorn: PosthornProcess;
let receiver: JournalReceiver;
let dataFolder: string;
const api = createApi(() => posthorn.url);

type Accepted = { id: string; deliveries: number; duplicate: boolean; acceptedAt: string; code?: string };
type Delivery = { id: string; state: string; attemptCount: number; eventId: string };

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-story-'));
  [posthorn, receiver] = await Promise.all([startPosthorn({ dataFolder }), startReceiver()]);
}, 120_000);

afterAll(async () => {
  await posthorn?.end('SIGTERM');
  await receiver?.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function deliveriesOf(teamId: string, query = ''): Promise<Delivery[]> {
  return (await api.call<{ data: Delivery[] }>('GET', `/v1/teams/${teamId}/deliveries${query}`)).data;
}

describe('sending events', () => {
  it('knows a type from the moment it is answered, and knows it no more when it is gone', async () => {
    const { teamId } = await makeTeam(api, { types: ['invoice.paid'], endpoints: [] });
    const post = async (type: string): Promise<number> => {
      const answer = await fetch(`${posthorn.url}/v1/teams/${teamId}/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type, payload: {} }),
      });
      return answer.status;
    };
    for (let number = 0; number < 20; number += 1) {
      const name = `made.${number}`;
      expect(await post(name)).toBe(422);
      await api.call('POST', `/v1/teams/${teamId}/event-types`, { name });
      expect(await post(name)).toBe(202);
      await api.call('DELETE', `/v1/teams/${teamId}/event-types/${name}`);
      expect(await post(name)).toBe(422);
    }
  });

  // outpost 533: static headers are wanted.
  it('delivers a posted event signed, with every digit of its payload, and shows the attempt', async () => {
    const { teamId } = await makeTeam(api, { types: ['invoice.paid'], endpoints: [] });
    const endpoint = await api.call<{ id: string; secret: string }>('POST', `/v1/teams/${teamId}/endpoints`, {
      url: receiver.url('digits'),
      eventTypes: ['invoice.paid'],
      headers: { 'x-shop': 'seven' },
    });
    const answer = await fetch(`${posthorn.url}/v1/teams/${teamId}/events`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer test-operator-key-0123456789abcdef0123456789abcdef',
        'content-type': 'application/json',
      },
      body: '{"type":"invoice.paid","payload":{"amount":1249.50,"number":12345678901234567890}}',
    });
    expect(answer.status).toBe(202);
    const [arrived] = await until('the webhook', () =>
      receiver.of('digits').length > 0 ? receiver.of('digits') : null,
    );

    expect(arrived?.body).toContain('"data":{"amount":1249.50,"number":12345678901234567890}}');
    expect(() =>
      new Webhook(endpoint.secret).verify(arrived?.body ?? '', arrived?.headers as Record<string, string>),
    ).not.toThrow();
    expect(arrived?.headers).toMatchObject({
      'x-shop': 'seven',
      'posthorn-event-type': 'invoice.paid',
      'posthorn-attempt': '1',
    });

    const [delivery] = await until('it to be settled', async () => {
      const found = await deliveriesOf(teamId, '?state=succeeded');
      return found.length > 0 ? found : null;
    });
    const shown = await api.call<{
      attempts: { status: number; request: { url: string; headers: { name: string; value: string }[] } }[];
    }>('GET', `/v1/teams/${teamId}/deliveries/${delivery?.id}`);
    expect(shown.attempts).toHaveLength(1);
    const { url, headers } = shown.attempts[0]!.request;
    expect(url).toBe(receiver.url('digits'));
    expect(Object.fromEntries(headers.map(({ name, value }) => [name, value]))).toEqual({
      ...arrived?.headers,
      'x-shop': '***',
    });
    expect(shown.attempts[0]?.status).toBe(200);
    expect(shown.attempts[0]?.request.headers).toContainEqual({ name: 'x-shop', value: '***' });
  });

  it('answers 100 posts at once under one idempotency key with one event', async () => {
    const { teamId } = await makeTeam(api, {
      types: ['order.made'],
      endpoints: [{ url: receiver.url('once'), eventTypes: ['order.made'] }],
    });
    const post = (payload: object) =>
      api.ask<Accepted>('POST', `/v1/teams/${teamId}/events`, {
        type: 'order.made',
        payload,
        idempotencyKey: 'order-1',
      });
    const answers = await Promise.all(Array.from({ length: 100 }, () => post({ order: 1 })));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    const bodies = answers.map(({ body: { duplicate: _duplicate, ...rest } }) => JSON.stringify(rest));
    expect(new Set(bodies).size).toBe(1);
    expect(answers.filter((answer) => !answer.body.duplicate)).toHaveLength(1);

    const other = await post({ order: 2 });
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
    await until('its delivery', async () => (await deliveriesOf(teamId, '?state=succeeded')).length === 1);
    expect(receiver.of('once')).toHaveLength(1);
  });

  // svix 1116, 1323, 1927: raw, form and XML bodies are wanted.
  it.each([
    ['application/xml', '<?xml version="1.0"?><Invoice>é</Invoice>'],
    ['application/x-www-form-urlencoded', 'a=1&b=%20'],
    ['text/plain; charset=utf-8', 'just text\r\n'],
  ])('sends %s byte for byte', async (contentType, body) => {
    const place = `raw-${contentType.length}`;
    const { teamId } = await makeTeam(api, {
      types: ['document.made'],
      endpoints: [{ url: receiver.url(place), eventTypes: ['*'] }],
    });
    const answer = await fetch(`${posthorn.url}/v1/teams/${teamId}/events?type=document.made`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer test-operator-key-0123456789abcdef0123456789abcdef',
        'content-type': contentType,
      },
      body,
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as Accepted;
    const [arrived] = await until('the webhook', () => (receiver.of(place).length > 0 ? receiver.of(place) : null));
    expect(arrived?.body).toBe(body);
    expect(arrived?.headers['content-type']).toBe(contentType);
    const stored = await fetch(`${posthorn.url}/v1/teams/${teamId}/events/${id}/body`, {
      headers: { authorization: 'Bearer test-operator-key-0123456789abcdef0123456789abcdef' },
    });
    expect(await stored.text()).toBe(body);
  });

  it('accepts a batch with an answer each, and none of it when one event is not valid', async () => {
    const { teamId } = await makeTeam(api, {
      types: ['batch.made'],
      endpoints: [{ url: receiver.url('batch'), eventTypes: ['batch.made'], filter: { size: { $gte: 2 } } }],
    });
    const event = (size: number) => ({ type: 'batch.made', payload: { size } });
    const bad = await api.ask('POST', `/v1/teams/${teamId}/events/batch`, {
      events: [event(1), { type: 'nowhere', payload: {} }],
    });
    expect(bad).toMatchObject({ status: 422, body: { code: 'unknown_event_type' } });
    const good = await api.call<{ data: Accepted[] }>('POST', `/v1/teams/${teamId}/events/batch`, {
      events: [event(1), event(2), event(3)],
    });
    expect(good.data.map((one) => one.deliveries)).toEqual([0, 1, 1]);
    await until('both deliveries', () => receiver.of('batch').length === 2);
    const events = await api.call<{ data: { id: string }[] }>('GET', `/v1/teams/${teamId}/events`);
    expect(events.data.map((one) => one.id)).toEqual(good.data.map((one) => one.id).toReversed());
  });

  it('retries on schedule, ends as a dead letter, tells of it once, and delivers when it is resent', async () => {
    let well = false;
    receiver.behave('flaky', () => (well ? 200 : 500));
    const { teamId, endpointIds } = await makeTeam(api, {
      types: ['sign.done'],
      endpoints: [
        { url: receiver.url('flaky'), eventTypes: ['sign.done'], retry: { scheduleSeconds: [1], timeoutMs: 5000 } },
        { url: receiver.url('operator'), eventTypes: ['posthorn.delivery.dead'] },
        { url: receiver.url('everything'), eventTypes: ['*'] },
      ],
    });
    const { id } = await api.call<Accepted>('POST', `/v1/teams/${teamId}/events`, { type: 'sign.done', payload: {} });
    const [dead] = await until('the dead letter', async () => {
      const found = await deliveriesOf(teamId, `?state=dead&endpoint=${endpointIds[0]}`);
      return found.length > 0 ? found : null;
    });
    expect(dead).toMatchObject({ eventId: id, attemptCount: 2 });
    expect(receiver.of('flaky').map((one) => one.attempt)).toEqual([1, 2]);

    const told = await until('the operational event', () => receiver.of('operator')[0]);
    expect(JSON.parse(told.body)).toMatchObject({
      type: 'posthorn.delivery.dead',
      data: { deliveryId: dead?.id, eventId: id, endpointId: endpointIds[0], attempts: 2 },
    });
    // "*" is everything of the team's own, not what Posthorn tells of other endpoints.
    expect(receiver.of('everything').map((one) => one.type)).toEqual(['sign.done']);

    well = true;
    await api.call('POST', `/v1/teams/${teamId}/deliveries/${dead?.id}/resend`);
    await until(
      'the resent delivery',
      async () => (await deliveriesOf(teamId, `?event=${id}&state=succeeded`)).length === 2,
    );
    expect(receiver.of('flaky').at(-1)).toMatchObject({ attempt: 3, status: 200, eventId: id });
    expect(receiver.of('operator')).toHaveLength(1);
  });

  it('holds what a paused endpoint misses and sends it on resume', async () => {
    const { teamId, endpointIds } = await makeTeam(api, {
      types: ['pause.made'],
      endpoints: [{ url: receiver.url('paused'), eventTypes: ['pause.made'], status: 'paused' }],
    });
    for (let index = 0; index < 3; index += 1) {
      await api.call('POST', `/v1/teams/${teamId}/events`, { type: 'pause.made', payload: { index } });
    }
    expect((await deliveriesOf(teamId, '?state=held')).length).toBe(3);
    expect(receiver.of('paused')).toHaveLength(0);
    await api.call('PATCH', `/v1/teams/${teamId}/endpoints/${endpointIds[0]}`, { status: 'active' });
    await until('the held deliveries', () => receiver.of('paused').length === 3);
  });

  it('disables an endpoint that answers 410, tells of it, holds its deliveries, and replays what was missed', async () => {
    let gone = true;
    receiver.behave('gone', () => (gone ? 410 : 200));
    const { teamId, endpointIds } = await makeTeam(api, {
      types: ['paper.made'],
      endpoints: [
        { url: receiver.url('gone'), eventTypes: ['paper.made'] },
        { url: receiver.url('told'), eventTypes: ['posthorn.*'] },
      ],
    });
    const path = `/v1/teams/${teamId}/endpoints/${endpointIds[0]}`;
    await api.call('POST', `/v1/teams/${teamId}/events`, { type: 'paper.made', payload: { number: 1 } });
    const told = await until('the operational event', () => receiver.of('told')[0]);
    expect(JSON.parse(told.body)).toMatchObject({
      type: 'posthorn.endpoint.disabled',
      data: { endpointId: endpointIds[0], reason: 'the endpoint answered 410 Gone' },
    });
    expect(await api.call('GET', path)).toMatchObject({ status: 'disabled' });

    await api.call('POST', `/v1/teams/${teamId}/events`, { type: 'paper.made', payload: { number: 2 } });
    await until('both to be held', async () => (await deliveriesOf(teamId, '?state=held')).length === 2);
    expect(receiver.of('gone')).toHaveLength(1);

    gone = false;
    await api.call('PATCH', path, { status: 'active' });
    const delivered = `?state=succeeded&endpoint=${endpointIds[0]}`;
    await until('both to be delivered', async () => (await deliveriesOf(teamId, delivered)).length === 2);

    const filter = { endpoint: endpointIds[0], states: ['succeeded'] };
    const dry = await api.call('POST', `/v1/teams/${teamId}/replays`, { filter, dryRun: true });
    expect(dry).toMatchObject({ state: 'finished', matched: 2, resent: 0 });
    const { id } = await api.call<{ id: string }>('POST', `/v1/teams/${teamId}/replays`, { filter });
    const finished = await until('the replay to be told of', () =>
      receiver.of('told').find((one) => one.type === 'posthorn.replay.finished' && one.body.includes(id)),
    );
    expect(JSON.parse(finished.body)).toMatchObject({ data: { replayId: id, matched: 2, resent: 2 } });
    await until('the replayed deliveries', () => receiver.of('gone').length === 5);
  });

  it('refuses what it does not know with a problem that says where', async () => {
    const { teamId } = await makeTeam(api, { types: [], endpoints: [] });
    await api.call('POST', `/v1/teams/${teamId}/event-types`, {
      name: 'strict.made',
      schema: { type: 'object', required: ['amount'], properties: { amount: { type: 'number' } } },
    });
    const wrong = await api.ask('POST', `/v1/teams/${teamId}/events`, {
      type: 'strict.made',
      payload: { amount: 'ten' },
    });
    expect(wrong).toMatchObject({
      status: 422,
      body: { code: 'payload_schema_mismatch', errors: [{ pointer: '/payload/amount' }] },
    });
    expect(wrong.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const twice = await api.ask('POST', `/v1/teams/${teamId}/events?type=a&type=b`, {});
    expect(twice).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const extra = await api.ask('POST', `/v1/teams/${teamId}/events`, { type: 'strict.made', payload: {}, oops: 1 });
    expect(extra).toMatchObject({ status: 400, body: { errors: [{ pointer: '/oops' }] } });
  });
});
