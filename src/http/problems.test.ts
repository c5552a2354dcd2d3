/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { connect } from 'node:net';
import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { healthRoutes } from '../operations/health.routes.ts';

let api: TestApi;
let server: FastifyInstance;
let stopping = false;
const planted = 'ada@example.com';

beforeAll(async () => {
  api = await createTestApi({
    isStopping: () => stopping,
    limits: { headersTimeoutMs: 300, requestTimeoutMs: 500 },
    register(app) {
      server = app;
      const metrics = { contentType: 'text/plain', metrics: () => Promise.resolve('one 1') };
      app.register(healthRoutes({ readiness: {} as never, metrics }));
      const config = { permission: 'operator' } as const;
      const refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
      const invalid = Object.assign(new Error(`invalid input syntax for type uuid: "${planted}"`), {
        code: '22P02',
        severity: 'ERROR',
      });
      const full = Object.assign(new Error('could not extend file'), { code: '53100', severity: 'ERROR' });
      app.get('/fails/away', { config }, () => Promise.reject(refusal));
      app.get('/fails/full', { config }, () => Promise.reject(full));
      app.get('/fails/inside', { config }, () => Promise.reject(invalid));
      app.get('/fails/oddly', { config }, () => {
        // oxlint-disable-next-line typescript/only-throw-error, no-throw-literal -- other people's code throws anything
        throw 'oddity';
      });
    },
  });
});
afterAll(() => api[Symbol.asyncDispose]());

describe('problems', () => {
  test('each is problem+json with code, status, request id and a page of its own', async () => {
    const answer = await api.call('GET', '/nothing/here');
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ type: '/docs/problems#not_found', status: 404, code: 'not_found' });
    expect(answer.body.instance).toBe(answer.headers['posthorn-request-id']);
    expect((await api.call('GET', '/docs/problems')).text).toContain('id="not_found"');
  });

  test('a wrong method is told apart from a wrong path, with the methods that are right', async () => {
    const answer = await api.call('PUT', '/v1/teams?x=1');
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers['allow']).toBe('GET, POST');
    expect((await api.call('PUT', '/v1/team')).status).toBe(404);
  });

  test('pages and what monitors ask answer HEAD as GET, without the body', async () => {
    for (const url of ['/docs', '/docs/problems', '/docs/style.css', '/openapi.json', '/livez', '/metrics']) {
      const [get, head] = [await server.inject({ url }), await server.inject({ method: 'HEAD', url })];
      expect(head.statusCode, url).toBe(200);
      expect([head.body, head.headers['content-type']], url).toEqual(['', get.headers['content-type']]);
      expect(head.headers['content-length'], url).toBe(get.headers['content-length']);
    }
    expect((await server.inject({ method: 'PUT', url: '/docs' })).headers['allow']).toBe('GET, HEAD');
    expect((await server.inject('/openapi.json')).json().paths['/livez'].head).toBeUndefined();
  });

  test('bodies that cannot be read say why', async () => {
    const post = async (payload: string, type = 'application/json') => {
      const headers = { 'content-type': type };
      return (await api.call('POST', '/v1/teams', { body: payload, headers })).body.code;
    };
    expect(await post('{"name":')).toBe('invalid_json');
    expect(await post('')).toBe('invalid_json');
    expect(await post('{"name":"a","__proto__":{"admin":true}}')).toBe('invalid_json');
    expect(await post('name=a', 'application/x-www-form-urlencoded')).toBe('unsupported_media_type');
    expect(await post('name', 'text/plain')).toBe('unsupported_media_type');
    expect(await post(JSON.stringify({ name: 'a'.repeat(1024 * 1024) }))).toBe('payload_too_large');
    expect(await post('{"name":"a\\u0000b"}')).toBe('invalid_request');
  });

  test('unknown and missing properties are refused with their pointer, all at once', async () => {
    const answer = await api.call('POST', '/v1/teams', { body: { nmae: 'x', retention: { days: '3', 'a/b': 1 } } });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual(
      expect.arrayContaining([
        { pointer: '/name', message: 'is missing' },
        { pointer: '/nmae', message: 'is not a known property' },
        { pointer: '/retention/a~1b', message: 'is not a known property' },
        { pointer: '/retention/days', message: 'must be integer' },
      ]),
    );
    const query = await api.call('GET', '/v1/teams?limit=0&sort=name');
    expect(query.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['?limit', '?sort']);
  });

  test('what ajv says in terms of schemas is said in words that can be acted on', async () => {
    const team = await api.createTeam();
    const told = async (path: string, body: object) =>
      (await api.call('POST', path, { body })).body.errors.map(({ message }: { message: string }) => message);
    expect(await told('/v1/teams', { name: '' })).toEqual(['must not be empty']);
    expect(await told('/v1/teams', { name: 'x'.repeat(201) })).toEqual(['must have at most 200 characters']);
    expect(await told('/v1/teams', { name: 'a\u0000b' })).toEqual(['must not hold the character U+0000']);
    const key = { name: 'key', permissions: [], expiresAt: 'tomorrow' };
    expect(await told(`/v1/teams/${team}/api-keys`, key)).toEqual([
      'must not be empty',
      'must be an RFC 3339 time such as 2026-01-31T12:00:00Z',
    ]);
    const endpoint = { url: 'https://example.com', eventTypes: ['*'], sources: ['first'] };
    expect(await told(`/v1/teams/${team}/endpoints`, endpoint)).toEqual(['must be an id: src_ and 26 characters']);
  });

  test('a body that is too large is told what the path takes', async () => {
    const answer = await api.call('POST', '/v1/teams', { body: { name: 'a'.repeat(2 * 1024 * 1024) } });
    expect(answer.body).toMatchObject({ code: 'payload_too_large', detail: expect.stringMatching(/\d bytes/) });
  });

  test('a union is explained by the branch that was meant', async () => {
    const team = await api.createTeam();
    const errorsOf = async (signing: object) => {
      const body = { url: 'https://example.com', eventTypes: ['*'], signing };
      return (await api.call('POST', `/v1/teams/${team}/endpoints`, { body })).body.errors;
    };
    expect(await errorsOf({ scheme: 'hmac-sha256-hex' })).toEqual([
      { pointer: '/signing/header', message: 'is missing' },
    ]);
    const [unknown] = await errorsOf({ scheme: 'md5' });
    expect(unknown).toMatchObject({ pointer: '/signing/scheme' });
    expect(unknown.message).toContain('"standard-webhooks", "standard-webhooks-ed25519"');
  });

  test('a database that is away or full is 503 with Retry-After', async () => {
    for (const path of ['/fails/away', '/fails/full']) {
      const answer = await api.call('GET', path);
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
      expect(answer.headers['retry-after']).toBe('2');
    }
  });

  test('what went wrong inside is logged without the values that PostgreSQL repeats, and told to nobody', async () => {
    const answer = await api.call('GET', '/fails/inside');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(answer.text).not.toMatch(/uuid|syntax|22P02/);
    const line = api.logged.find(
      ({ level, fields }) => level === 'error' && fields['requestId'] === answer.body.instance,
    );
    expect(line?.fields['error']).toMatchObject({ code: '22P02', message: 'invalid input syntax for type uuid: "…"' });
    expect(JSON.stringify(api.logged)).not.toContain(planted);
    expect((await api.call('GET', '/fails/oddly')).status).toBe(500);
  });

  test('log lines hold neither keys nor queries nor headers', async () => {
    await api.call('GET', '/v1/teams?limit=secretquery', { headers: { 'x-private': 'secretheader' } });
    const text = JSON.stringify(api.logged);
    expect(text).toContain('"route":"/v1/teams"');
    expect(text).not.toMatch(new RegExp(`${api.operatorKey}|secretquery|secretheader`));
  });

  test('a node that is stopping says so, but keeps its public pages', async () => {
    stopping = true;
    try {
      const answer = await api.call('GET', '/v1/teams');
      expect(answer).toMatchObject({ status: 503, body: { code: 'shutting_down' } });
      expect(answer.headers).toMatchObject({ connection: 'close', 'retry-after': '1' });
      expect((await api.call('GET', '/docs/problems')).status).toBe(200);
    } finally {
      stopping = false;
    }
  });

  test('over a socket: late, unreadable and ambiguous requests are answered and cut off', async () => {
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const address = api.app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const exchange = async (text: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      let received = '';
      socket.setEncoding('utf8').on('data', (part: string) => {
        received += part;
      });
      socket.write(text);
      await once(socket, 'close');
      return received;
    };
    const [late, lateBody, garbage, large, twoHosts, twoHostsInPublic] = await Promise.all([
      exchange('GET /v1/teams HTTP/1.1\r\nhost: a\r\n'),
      exchange(
        `POST /v1/teams HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.operatorKey}\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{`,
      ),
      exchange('nonsense\r\n\r\n'),
      exchange(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`),
      exchange(`GET /v1/teams HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.operatorKey}\r\nHost: b\r\n\r\n`),
      exchange('GET /docs/problems HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n'),
    ]);
    expect(late).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/);
    expect(lateBody).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/);
    expect(garbage).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_request"/);
    expect(large).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_request"/);
    for (const answer of [twoHosts, twoHostsInPublic]) {
      expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*more than one Host header/);
    }
  });
});
