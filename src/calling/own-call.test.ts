import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { provider, raw, stand } from '../../tests/support/calling-scene.ts';
import { send } from '../../tests/support/calling-stand.ts';
import { docusignApi } from '../providers/docusign/api.rules.ts';

const large = Buffer.alloc(3_000_000, 'x');

describe('a call of Posthorn’s own', () => {
  test('passes the same policies and is on the same record; its answer streams', async () => {
    const api = await provider((_request, response) => response.writeHead(200, { 'x-a': '1' }).end(large));
    const calling = await stand();
    const connection = calling.connect(`${api.url}/base`);
    const answer = await calling.calling.caller({
      connectionId: connection.id,
      method: 'GET',
      path: '/documents/1?x=y',
      headers: { accept: 'application/pdf' },
      origin: 'archive',
    });
    expect(answer).toMatchObject({ status: 200, headers: { 'x-a': '1' } });
    expect((await buffer(answer.body)).equals(large)).toBe(true);
    expect(api.received[0]).toMatchObject({ url: '/base/documents/1?x=y', headers: { accept: 'application/pdf' } });
    expect(calling.ledger.started).toMatchObject([{ id: answer.callId, origin: 'archive', apiKeyId: null }]);
    expect(await calling.ledger.endOf(answer.callId)).toMatchObject({ status: 200, responseBytes: large.length });
  });

  test('is answered with what the provider answers, and rejects when there is no answer', async () => {
    const api = await provider((_request, response) => response.writeHead(404).end('no'));
    const calling = await stand();
    const call = (connectionId: string) =>
      calling.calling.caller({ connectionId, method: 'GET', path: '/x', origin: 'check' });
    const answer = await call(calling.connect(api.url).id);
    expect(answer.status).toBe(404);
    answer.body.destroy();
    await expect(call('con_none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(call(calling.connect(api.url, { status: 'paused' }).id)).rejects.toMatchObject({
      code: 'connection_paused',
    });
  });

  test('whose answer breaks off says so at the end of its body', async () => {
    const api = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', () => setImmediate(() => socket.destroy())),
    );
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const ended = calling.ledger.nextEnd();
    const answer = await calling.calling.caller({ connectionId: id, method: 'GET', path: '/', origin: 'archive' });
    await expect(buffer(answer.body)).rejects.toMatchObject({ code: 'provider_unreachable' });
    expect(await ended).toMatchObject({ error: 'reset', status: 200 });
  });

  test('that is not wanted any more ends, before its answer and within', async () => {
    const api = await raw((socket, request) => {
      if (request.startsWith('GET /body')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc');
      else leaving.abort();
    });
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const leaving = new AbortController();
    const before = calling.ledger.nextEnd();
    const call = calling.calling.caller({
      connectionId: id,
      method: 'GET',
      path: '/head',
      origin: 'archive',
      signal: leaving.signal,
    });
    await expect(call).rejects.toMatchObject({ code: 'provider_unreachable' });
    expect(await before).toMatchObject({ error: 'caller_gone' });
    const within = calling.ledger.nextEnd();
    const answer = await calling.calling.caller({ connectionId: id, method: 'GET', path: '/body', origin: 'archive' });
    answer.body.destroy();
    expect(await within).toMatchObject({ error: 'caller_gone', status: 200 });
  });
});

describe('stopping', () => {
  test('waits for calls under way, and ends those that take longer', async () => {
    const api = await raw(() => undefined);
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const call = calling.calling.caller({ connectionId: id, method: 'GET', path: '/', origin: 'archive' });
    const failure = call.then(
      () => null,
      (error: unknown) => error,
    );
    await calling.calling.stop(50);
    expect(await failure).toMatchObject({ code: 'provider_unreachable' });
    expect(calling.ledger.ended).toMatchObject([{ error: 'caller_gone' }]);
  });
});

describe('GET /health/:provider', () => {
  test('shows the connections of the key’s team: breaker, last success and error, what is left of budgets', async () => {
    const api = await provider(({ url }, response) => response.writeHead(url.includes('bad') ? 500 : 200).end());
    const calling = await stand();
    const policy = { retries: { most: 0 } };
    const mine = calling.connect(`${api.url}/restapi`, { profile: docusignApi, policy });
    calling.connect(`${api.url}/restapi`, { profile: docusignApi, teamId: calling.newTeamId() });
    calling.connect(api.url);
    await calling.call(mine, '/v2.1/accounts/a/envelopes/1');
    await calling.call(mine, '/v2.1/accounts/a/envelopes/bad');
    const key = calling.createKey(['calls:read']);
    const health = await send(calling.port, '/health/docusign', { key });
    expect(health.json).toMatchObject({
      provider: 'docusign',
      connections: [
        {
          id: mine.id,
          breaker: 'closed',
          lastSuccessAt: expect.stringMatching(/^\d{4}-/),
          lastError: { error: 'provider_failed' },
          budgets: [
            { name: 'hourly', limit: 3000, remaining: 2998, windowSeconds: 3600 },
            { name: 'burst', remaining: 198 },
          ],
          told: [],
        },
      ],
    });
    expect(health.json['connections']).toHaveLength(1);
    const all = await send(calling.port, '/health/docusign', { key: calling.operatorKey });
    expect(all.json['connections']).toHaveLength(2);
  });

  test('shows until when a 429 holds calls back', async () => {
    const api = await provider((_request, response) => response.writeHead(429, { 'retry-after': '30' }).end());
    const calling = await stand();
    const connection = calling.connect(`${api.url}/restapi`, {
      profile: docusignApi,
      policy: { retries: { most: 0 } },
    });
    await calling.call(connection, '/v2.1/accounts/a/envelopes/1');
    const health = await send(calling.port, '/health/docusign', { key: calling.createKey(['calls:read']) });
    const [{ told }] = health.json['connections'] as [{ told: { heldUntil: string }[] }];
    expect(told).toMatchObject([{ budgets: ['hourly', 'burst', 'calls'], remaining: null }]);
    const aheadMs = Date.parse(told[0]?.heldUntil ?? '') - Date.now();
    expect([aheadMs > 20_000, aheadMs <= 30_000]).toEqual([true, true]);
  });

  test('is for who may read calls, and of providers that there are', async () => {
    const calling = await stand();
    const may = calling.createKey(['calls:read']);
    const mayNot = calling.createKey(['connections:call']);
    expect((await send(calling.port, '/health/docusign', { key: mayNot })).status).toBe(403);
    expect((await send(calling.port, '/health/docusign')).status).toBe(401);
    expect((await send(calling.port, '/health/nobody', { key: may })).status).toBe(404);
    // Where the keys of providers go is no place for one here.
    expect((await send(calling.port, '/health/docusign', { headers: { 'x-api-key': may } })).status).toBe(401);
  });
});
