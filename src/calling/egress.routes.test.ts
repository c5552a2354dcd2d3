import { METHODS } from 'node:http';
import { describe, expect, test } from 'vitest';
import { provider, stand } from '../../tests/support/calling-scene.ts';
import { authorizationOf, send, standToken } from '../../tests/support/calling-stand.ts';

describe('a call', () => {
  test('reaches the provider under the base URL with the credentials of the connection, and its answer comes back', async () => {
    const api = await provider((_request, response) => {
      response.writeHead(201, ['X-One', '1', 'Content-Type', 'text/plain', 'x-two', 'a', 'x-two', 'b']);
      response.end('made');
    });
    const calling = await stand();
    const connection = calling.connect(`${api.url}/base`);
    const answer = await calling.call(connection, '/v1/things/a%20b?x=%2F&y', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mine': 'yes', cookie: 'a=b' },
      body: '{"a":1}',
    });
    expect(answer).toMatchObject({ status: 201, text: 'made' });
    expect(answer.rawHeaders.join('|')).toContain('x-two|a|x-two|b');
    expect(api.received[0]).toMatchObject({ method: 'POST', url: '/base/v1/things/a%20b?x=%2F&y' });
    expect(api.received[0]?.body.toString()).toBe('{"a":1}');
    expect(api.received[0]?.headers).toMatchObject({
      authorization: `Bearer ${standToken}`,
      'x-mine': 'yes',
      'content-type': 'application/json',
      'content-length': '7',
      host: new URL(api.url).host,
    });
    expect(api.received[0]?.headers).not.toHaveProperty('cookie');
    const callId = String(answer.headers['posthorn-call-id']);
    expect(answer.headers).toMatchObject({
      'posthorn-attempts': '1',
      'posthorn-cache': 'bypass',
      'posthorn-breaker': 'closed',
    });
    expect(calling.ledger.started).toMatchObject([{ id: callId, method: 'POST', path: '/v1/things/a%20b?x=%2F&y' }]);
    expect(await calling.ledger.endOf(callId)).toMatchObject({
      status: 201,
      answered: 201,
      error: null,
      requestBytes: 7,
      responseBytes: 4,
      tries: [{ status: 201, error: null }],
      timing: { connectMs: expect.any(Number), firstByteMs: expect.any(Number) },
    });
    expect(calling.errors).toEqual([]);
  });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('may be a %s', async (method) => {
    const api = await provider((_request, response) => response.setHeader('x-a', '1').end('body'));
    const calling = await stand();
    const answer = await calling.call(calling.connect(api.url), '/x', { method });
    expect(answer).toMatchObject({ status: 200, text: method === 'HEAD' ? '' : 'body', headers: { 'x-a': '1' } });
    expect(api.received[0]?.method).toBe(method);
  });

  test('may have any method that Node reads, with a body, but CONNECT and TRACE', async () => {
    const api = await provider((request, response) => response.end(request.body));
    const calling = await stand();
    const connection = calling.connect(api.url);
    const others = METHODS.filter((method) => !['CONNECT', 'TRACE', 'HEAD'].includes(method));
    expect(others).toEqual(expect.arrayContaining(['PROPFIND', 'SEARCH', 'REPORT', 'M-SEARCH', 'LINK']));
    for (const method of others) {
      const headers = { 'content-length': '5' };
      expect(
        await calling.call(connection, '/x', { method, headers, body: method.slice(0, 3).padEnd(5) }),
      ).toMatchObject({
        status: 200,
        text: method.slice(0, 3).padEnd(5),
      });
    }
    expect(api.received.map(({ method }) => method)).toEqual(others);
    expect(calling.ledger.started.map(({ method }) => method)).toEqual(others);
    expect(calling.ledger.started.find(({ method }) => method === 'PROPFIND')?.operation).toBe('propfind.other');
    expect((await calling.call(connection, '/x', { method: 'TRACE' })).status).toBeGreaterThanOrEqual(400);
    expect(api.received).toHaveLength(others.length);
  });

  test('of a method whose repetition nothing is known of is sent once', async () => {
    const api = await provider((_request, response) => response.writeHead(503).end());
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { retries: { baseMs: 1 } } });
    expect((await calling.call(connection, '/x', { method: 'LOCK' })).headers['posthorn-attempts']).toBe('1');
    expect((await calling.call(connection, '/x', { method: 'DELETE' })).headers['posthorn-attempts']).toBe('3');
  });

  test('without a path reaches the base URL', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const connection = calling.connect(`${api.url}/base`);
    await calling.call(connection, '');
    await calling.call(connection, '?a=b');
    expect(api.received.map(({ url }) => url)).toEqual(['/base/', '/base/?a=b']);
  });

  test.each([204, 304, 302, 404, 422])('is answered with the status %i of the provider, unchanged', async (status) => {
    const api = await provider((_request, response) =>
      response
        .writeHead(status, { location: 'http://169.254.169.254/', 'x-a': '1' })
        .end(status > 400 ? '{"e":1}' : ''),
    );
    const calling = await stand();
    const answer = await calling.call(calling.connect(api.url), '/x');
    expect(answer).toMatchObject({ status, headers: { location: 'http://169.254.169.254/', 'x-a': '1' } });
    expect(answer.text).toBe(status > 400 ? '{"e":1}' : '');
    expect(api.received).toHaveLength(1);
  });

  test('keeps compressed answers, chunks and trailers as they are', async () => {
    const api = await provider((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', trailer: 'x-sum' });
      response.write(Buffer.from([0x1f, 0x8b, 1, 2]));
      response.addTrailers({ 'x-sum': '7' });
      response.end(Buffer.from([3]));
    });
    const calling = await stand();
    const answer = await calling.call(calling.connect(api.url), '/x', { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.body).toEqual(Buffer.from([0x1f, 0x8b, 1, 2, 3]));
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' });
    expect(answer.trailers).toEqual({ 'x-sum': '7' });
    expect(api.received[0]?.headers).toMatchObject({ 'accept-encoding': 'gzip' });
  });

  test('with Expect: 100-continue sends its body', async () => {
    const api = await provider((request, response) => response.end(String(request.body.length)));
    const calling = await stand();
    const answer = await calling.call(calling.connect(api.url), '/x', {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '5' },
      body: 'hello',
    });
    expect(answer.text).toBe('5');
    expect(api.received[0]?.headers).not.toHaveProperty('expect');
  });
});

describe('the key', () => {
  test('stands where the clients of providers put theirs', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const key = calling.createKey(['connections:call']);
    const places: Record<string, string>[] = [
      { authorization: `Bearer ${key}` },
      { authorization: key },
      { 'x-api-key': key },
      { 'posthorn-key': key },
      { authorization: 'Bearer a-placeholder', 'posthorn-key': key },
      { authorization: `Bearer ${calling.operatorKey}` },
    ];
    for (const headers of places) {
      expect((await send(calling.port, `/egress/${id}/x`, { headers })).status, Object.keys(headers).join()).toBe(200);
    }
    for (const { headers } of api.received) {
      expect(JSON.stringify(headers)).not.toMatch(/phk_|operator-key|placeholder/);
      expect(headers['authorization']).toBe(`Bearer ${standToken}`);
    }
  });

  test('is needed, and an unknown one opens nothing', async () => {
    const calling = await stand();
    const { id } = calling.connect('http://127.0.0.1:1');
    const none = await send(calling.port, `/egress/${id}/x`);
    expect(none).toMatchObject({ status: 401, json: { code: 'unauthorized' } });
    expect(none.json['detail']).toContain('X-API-Key');
    const wrong = await send(calling.port, `/egress/${id}/x`, { headers: { 'x-api-key': `phk_${'0'.repeat(26)}_x` } });
    expect(wrong.status).toBe(401);
    expect(calling.ledger.started).toEqual([]);
  });

  test("of another team finds another team's connection as little as one that is not there", async () => {
    const calling = await stand();
    const { id } = calling.connect('http://127.0.0.1:1');
    const key = calling.createKey(['*'], calling.newTeamId());
    const others = await send(calling.port, `/egress/${id}/x`, { key });
    const nobodys = await send(calling.port, '/egress/con_00000000000000000000000000/x', { key });
    expect(others.status).toBe(404);
    expect({ ...others.json, instance: '' }).toEqual({ ...nobodys.json, instance: '' });
  });

  test('has to hold connections:call, or that of this connection', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const [one, other] = [calling.connect(api.url), calling.connect(api.url)];
    const reader = calling.createKey(['connections:read', 'calls:read', 'connections:write']);
    const ofOne = calling.createKey([`connections:call:${one.id}`]);
    const codes = async (key: string) => [
      (await calling.call(one, '/x', { key })).status,
      (await calling.call(other, '/x', { key })).status,
    ];
    expect(await codes(reader)).toEqual([403, 403]);
    expect(await codes(ofOne)).toEqual([200, 403]);
    expect(await codes(calling.createKey(['*']))).toEqual([200, 200]);
  });

  test('has its limit of requests', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand({ requestsPerSecond: 2 });
    const connection = calling.connect(api.url);
    const key = calling.createKey(['connections:call']);
    const answers = await Promise.all(Array.from({ length: 5 }, () => calling.call(connection, '/x', { key })));
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(2);
    expect(limited[0]?.json['code']).toBe('rate_limited');
  });
});

describe('before anything goes out', () => {
  test('a paused connection answers 503, on record', async () => {
    const calling = await stand();
    const connection = calling.connect('http://127.0.0.1:1', { status: 'paused' });
    const answer = await calling.call(connection, '/x');
    expect(answer).toMatchObject({ status: 503, json: { code: 'connection_paused' } });
    expect(await calling.ledger.endOf(String(answer.headers['posthorn-call-id']))).toMatchObject({
      error: 'paused',
      status: null,
      answered: 503,
      tries: [],
    });
    expect(calling.ledger.started[0]?.counted).toBe(false);
  });

  test('a connection that cannot be read is told of to its own team, and to nobody else', async () => {
    const calling = await stand();
    const connection = calling.connect('http://127.0.0.1:1');
    calling.lose(connection);
    const answer = await calling.call(connection, '/x');
    expect(answer).toMatchObject({ status: 502, json: { code: 'credential_failed' } });
    expect(answer.json['detail']).toContain('posthorn keys status');
    const codeFor = async (key: string) => (await calling.call(connection, '/x', { key })).json['code'];
    expect(await codeFor(calling.createKey(['*'], calling.newTeamId()))).toBe('not_found');
    expect(await codeFor(calling.createKey(['calls:read']))).toBe('forbidden');
  });

  test('a call that cannot be put on record is not made', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    calling.ledger.fail(new Error('away'));
    const answer = await calling.call(calling.connect(api.url), '/x', { method: 'POST', body: 'x' });
    expect(answer).toMatchObject({ status: 503, json: { code: 'database_unavailable' } });
    expect(answer.headers).toMatchObject({ 'retry-after': '2' });
    expect(api.received).toEqual([]);
    calling.ledger.fail(null);
    expect((await calling.call(calling.connect(api.url), '/x')).status).toBe(200);
  });
});

describe('credentials that the provider refuses', () => {
  test('are replaced once: a token anew, then another credential, and the caller sees only the last answer', async () => {
    const api = await provider(({ headers }, response) => {
      response.writeHead(headers['authorization'] === 'Bearer fresh' ? 200 : 401).end('said');
    });
    const asked: string[] = [];
    let token = 'stale';
    const calling = await stand({
      authorizer: {
        authorize: () => authorizationOf(token),
        refused(_connection, authorization) {
          asked.push(String(authorization.headers[1]));
          token = 'fresh';
          return 'refresh';
        },
      },
    });
    const answer = await calling.call(calling.connect(api.url), '/x', { method: 'POST', body: 'kept' });
    expect(answer).toMatchObject({ status: 200, text: 'said', headers: { 'posthorn-attempts': '2' } });
    expect(api.received.map(({ body }) => body.toString())).toEqual(['kept', 'kept']);
    expect(asked).toEqual(['Bearer stale']);
    expect((await calling.ledger.endOf(String(answer.headers['posthorn-call-id']))).tries).toMatchObject([
      { status: 401, error: 'provider_refused' },
      { status: 200, error: null },
    ]);
  });

  test('that have no other stay refused, with the answer of the provider', async () => {
    const api = await provider((_request, response) => response.writeHead(401).end('no'));
    const calling = await stand();
    expect(await calling.call(calling.connect(api.url), '/x')).toMatchObject({ status: 401, text: 'no' });
    expect(api.received).toHaveLength(1);
    expect(calling.ledger.ended).toMatchObject([{ status: 401, error: 'provider_refused', answered: 401 }]);
  });
});
