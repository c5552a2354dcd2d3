import { describe, expect, test } from 'vitest';
import { provider, stand } from '../../tests/support/calling-scene.ts';
import { type ConnectionChange, standToken, startProvider } from '../../tests/support/calling-stand.ts';
import { until } from '../../tests/support/until.ts';
import type { ApiProfile } from '../providers/api-profile.ts';
import { ownBudget } from '../providers/api-answers.rules.ts';
import { documensoApi } from '../providers/documenso/api.rules.ts';
import { docusignApi } from '../providers/docusign/api.rules.ts';

const quick = { retries: { baseMs: 1 } } satisfies ConnectionChange['policy'];

describe('retries', () => {
  test.each([500, 502, 503, 504, 408])('a GET that is answered %i is tried again', async (status) => {
    const api = await provider((_request, response, number) =>
      response.writeHead(number < 2 ? status : 200).end(`answer ${number}`),
    );
    const calling = await stand();
    const answer = await calling.call(calling.connect(api.url, { policy: quick }), '/x');
    expect(answer).toMatchObject({ status: 200, text: 'answer 2', headers: { 'posthorn-attempts': '3' } });
    expect(calling.ledger.ended).toMatchObject([
      { status: 200, error: null, errorCode: null, tries: [{ status }, { status }, { status: 200, error: null }] },
    ]);
  });

  test('the last answer is the answer when none is better, whole, however long, and so is the next one', async () => {
    const body = 'e'.repeat(300_000);
    const api = await provider((_request, response) => response.writeHead(503, { 'x-a': '1' }).end(body));
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { ...quick, breaker: { minimumCalls: 1_000 } } });
    for (let count = 0; count < 5; count += 1) {
      const answer = await calling.call(connection, '/x');
      expect(answer).toMatchObject({ status: 503, headers: { 'x-a': '1', 'posthorn-attempts': '3' } });
      expect(answer.text === body, `${answer.text.length} bytes`).toBe(true);
    }
    expect(calling.ledger.ended[0]).toMatchObject({ status: 503, error: 'provider_failed', responseBytes: 300_000 });
  });

  test('a POST is not tried again, unless it has an Idempotency-Key or was refused before it was done', async () => {
    const api = await provider(({ url }, response, number) => {
      const isRefused = url.endsWith('limited');
      response.writeHead(number % 2 === 0 ? (isRefused ? 429 : 503) : 201).end();
    });
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: quick });
    const post = (path: string, headers = {}) => calling.call(connection, path, { method: 'POST', body: 'x', headers });
    expect((await post('/plain')).status).toBe(503);
    // The number of the next request is to be even again.
    await calling.call(connection, '/even');
    expect((await post('/keyed', { 'idempotency-key': 'k' })).status).toBe(201);
    expect((await post('/limited')).status).toBe(201);
    expect(api.received.filter(({ url }) => url === '/keyed').map(({ body }) => body.toString())).toEqual(['x', 'x']);
  });

  test('Retry-After is waited for, and what asks for too long is answered as it is', async () => {
    const waits: number[] = [];
    const api = await provider(({ url }, response, number) => {
      waits.push(performance.now());
      if (url === '/long') response.writeHead(429, { 'retry-after': '3600' }).end('later');
      else if (number === 0) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.end('now');
    });
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: quick });
    expect((await calling.call(connection, '/x')).text).toBe('now');
    expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeGreaterThanOrEqual(990);
    const long = await calling.call(connection, '/long');
    expect(long).toMatchObject({
      status: 429,
      text: 'later',
      headers: { 'retry-after': '3600', 'posthorn-attempts': '1' },
    });
    const [, end] = calling.ledger.ended;
    expect(end).toMatchObject({ error: 'provider_refused', rateHeaders: { 'retry-after': '3600' } });
    const { told } = calling.calling.health(connection);
    expect(told).toMatchObject([{ budgets: ['calls'], remaining: null, heldUntilMs: expect.any(Number) }]);
  });

  test('a body too large to keep is sent once', async () => {
    const api = await provider((_request, response) => response.writeHead(503).end());
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { retries: { baseMs: 1, bufferBytes: 10 } } });
    const put = await calling.call(connection, '/x', { method: 'PUT', body: 'longer than ten' });
    expect(put).toMatchObject({ status: 503, headers: { 'posthorn-attempts': '1' } });
    expect(api.received[0]?.body.toString()).toBe('longer than ten');
  });

  test('a provider that nobody listens at is tried again for any method, with a body that streams as well', async () => {
    const gone = await startProvider(() => undefined);
    await gone.close();
    const calling = await stand();
    const connection = calling.connect(gone.url, { policy: { retries: { baseMs: 1, bufferBytes: 10 } } });
    const answer = await calling.call(connection, '/x', { method: 'POST', body: 'longer than ten' });
    expect(answer).toMatchObject({ status: 502, headers: { 'posthorn-attempts': '3' } });
    expect(calling.ledger.ended).toMatchObject([{ error: 'connect', status: null }]);
    expect(answer.json['detail']).not.toContain('127.0.0.1');
  });
});

describe('the breaker', () => {
  test('opens when the provider fails, lets one probe through, and closes when that succeeds', async () => {
    let isWell = false;
    let nowMs = 1_900_000_000_000;
    const opened: string[] = [];
    const api = await provider((_request, response) => response.writeHead(isWell ? 200 : 500).end());
    const calling = await stand({
      ports: { clock: { now: () => nowMs }, onBreakerOpened: ({ id }) => opened.push(id) },
    });
    const connection = calling.connect(api.url, {
      policy: { retries: { most: 0 }, breaker: { minimumCalls: 3, openMs: 5_000 } },
    });
    for (let count = 0; count < 3; count += 1) expect((await calling.call(connection, '/x')).status).toBe(500);
    expect(opened).toEqual([connection.id]);
    const refused = await calling.call(connection, '/x');
    expect(refused).toMatchObject({
      status: 503,
      json: { code: 'provider_unavailable' },
      headers: { 'retry-after': '5', 'posthorn-breaker': 'open' },
    });
    expect(api.received).toHaveLength(3);
    expect(calling.ledger.ended.at(-1)).toMatchObject({ error: 'breaker_open', tries: [] });
    isWell = true;
    nowMs += 5_001;
    expect((await calling.call(connection, '/x')).status).toBe(200);
    expect((await calling.call(connection, '/x')).headers['posthorn-breaker']).toBe('closed');
  });

  test('stays closed at what the provider refuses', async () => {
    const api = await provider((_request, response) => response.writeHead(429).end());
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { retries: { most: 0 }, breaker: { minimumCalls: 2 } } });
    for (let count = 0; count < 5; count += 1) await calling.call(connection, '/x');
    expect(api.received).toHaveLength(5);
  });
});

describe('concurrency', () => {
  test('calls wait for their turn, as many and as long as the policy says', async () => {
    const held: (() => void)[] = [];
    const api = await provider((_request, response) => held.push(() => response.end()));
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { concurrency: { most: 2, waiting: 1, waitMs: 60_000 } } });
    const calls = Array.from({ length: 3 }, () => calling.call(connection, '/x'));
    await until(
      'two calls at the provider and one that waits',
      () => held.length === 2 && calling.calling.figures.waiting === 1,
    );
    const refused = await calling.call(connection, '/x');
    expect(refused).toMatchObject({ status: 429, json: { code: 'call_queue_full' }, headers: { 'retry-after': '1' } });
    held.shift()?.();
    await until('the third call at the provider', () => api.received.length === 3);
    for (const release of held) release();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(calling.calling.figures).toMatchObject({ underWay: 0, waiting: 0 });
  });
});

describe('budgets', () => {
  test('count what went out before a restart, by what it was', async () => {
    const api = await provider((_request, response) => response.end('{}'));
    const asked: number[] = [];
    const envelopes = '/restapi/v2.1/accounts/{accountId}/envelopes';
    const calling = await stand({
      ports: {
        budgetUse: (_connectionId, sinceMs) => {
          asked.push(sinceMs);
          return Promise.resolve([
            { method: 'POST', template: envelopes, requests: 7 },
            { method: 'GET', template: '/oauth/userinfo', requests: 900 },
          ]);
        },
      },
    });
    const budget = { limits: [{ name: 'hourly', limit: 10, windowMs: 3_600_000 }], waitMs: 0 };
    const connection = calling.connect(`${api.url}/restapi`, { profile: docusignApi, policy: { budget } });
    const path = (id: string): string => `/v2.1/accounts/a/envelopes/${id}`;
    const answers = await Promise.all(['1', '2', '3', '4'].map((id) => calling.call(connection, path(id))));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 200, 200, 429]);
    // An hour of the clock, and a window of 30 s in its parts: asked once for all calls.
    expect(asked).toHaveLength(5);
    expect(Math.max(...asked)).toBeGreaterThan(Date.now() - 60_000);
  });

  test('go on without what went out before when that cannot be read', async () => {
    const api = await provider((_request, response) => response.end('{}'));
    const calling = await stand({ ports: { budgetUse: () => Promise.reject(new Error('away')) } });
    const budget = { limits: [{ name: ownBudget, limit: 1, windowMs: 600_000 }], waitMs: 0 };
    const connection = calling.connect(api.url, { policy: { budget } });
    expect((await calling.call(connection, '/x')).status).toBe(200);
    expect((await calling.call(connection, '/x')).status).toBe(429);
    expect(calling.errors.map(({ where }) => where)).toEqual(['budgets']);
  });

  test('a call beyond the limit is told when to come back, and does not go out', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const connection = calling.connect(api.url, {
      policy: { budget: { limits: [{ name: ownBudget, limit: 2, windowMs: 600_000 }], waitMs: 0 } },
    });
    const answers = [];
    for (let count = 0; count < 3; count += 1) answers.push(await calling.call(connection, '/x'));
    expect(answers.map(({ headers }) => headers['posthorn-budget-remaining'])).toEqual(['1', '0', '0']);
    expect(answers[2]).toMatchObject({ status: 429, json: { code: 'budget_exhausted' } });
    expect(Number(answers[2]?.headers['retry-after'])).toBeGreaterThan(500);
    expect(api.received).toHaveLength(2);
    expect(calling.ledger.ended.at(-1)).toMatchObject({ error: 'budget_exhausted', status: null });
  });

  test('what the provider says of its limits counts', async () => {
    const api = await provider((_request, response) =>
      response.writeHead(200, { 'x-ratelimit-limit': '3000', 'x-ratelimit-remaining': '1' }).end(),
    );
    const calling = await stand();
    const connection = calling.connect(`${api.url}/restapi`, {
      profile: docusignApi,
      policy: { budget: { waitMs: 0 } },
    });
    const path = (id: string) => `/v2.1/accounts/a/envelopes/${id}`;
    const first = await calling.call(connection, path('1'));
    expect(first).toMatchObject({ status: 200, headers: { 'posthorn-budget-remaining': '1' } });
    expect((await calling.call(connection, path('2'))).status).toBe(200);
    expect((await calling.call(connection, path('3'))).json['code']).toBe('budget_exhausted');
  });

  test('after a 429 with Retry-After no other call is sent into it: those that can wait do, and others are told when', async () => {
    const api = await provider(({ url }, response) => {
      if (url.startsWith('/limited')) response.writeHead(429, { 'retry-after': url.slice(-2) }).end();
      else response.end('went out');
    });
    const calling = await stand();
    const retries = { most: 0 };
    const patient = calling.connect(api.url, { policy: { retries, budget: { waitMs: 60_000 } } });
    await calling.call(patient, '/limited-01');
    const startedAtMs = performance.now();
    expect((await calling.call(patient, '/other')).text).toBe('went out');
    expect(performance.now() - startedAtMs).toBeGreaterThan(800);

    const hasty = calling.connect(api.url, { policy: { retries, budget: { waitMs: 0 } } });
    expect(await calling.call(hasty, '/limited-30')).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    const sent = api.received.length;
    const refused = await calling.call(hasty, '/other');
    expect(refused).toMatchObject({
      status: 429,
      json: { code: 'budget_exhausted' },
      headers: { 'posthorn-attempts': '0', 'posthorn-budget-remaining': '0' },
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(25);
    expect(refused.json['detail']).toMatch(/asked for no more calls now; the next call can go out in \d+ s/);
    expect(api.received).toHaveLength(sent);
    // Another connection may be another account.
    expect((await calling.call(calling.connect(api.url, { policy: { retries } }), '/other')).status).toBe(200);
  });

  test('what is counted apart is held back apart', async () => {
    const api = await provider(({ url }, response) =>
      response.writeHead(url.includes('/v2/') ? 429 : 200, { 'retry-after': '30' }).end(),
    );
    const calling = await stand();
    const policy = { retries: { most: 0 }, budget: { waitMs: 0 } };
    const connection = calling.connect(api.url, { profile: documensoApi, policy });
    await calling.call(connection, '/api/v2/envelope');
    expect((await calling.call(connection, '/api/v2/envelope/other')).json['code']).toBe('budget_exhausted');
    expect((await calling.call(connection, '/api/v1/documents')).status).toBe(200);
  });

  test('of an API that publishes none are learned from its headers', async () => {
    let left = 2;
    const api = await provider((_request, response) => {
      left -= 1;
      response.writeHead(200, { 'x-ratelimit-remaining': String(left), 'x-ratelimit-reset': '40' }).end();
    });
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { budget: { waitMs: 0 } } });
    const answers = [];
    for (let count = 0; count < 3; count += 1) answers.push(await calling.call(connection, '/x'));
    expect(answers.map(({ headers }) => headers['posthorn-budget-remaining'])).toEqual(['1', '0', '0']);
    expect(answers[2]).toMatchObject({ status: 429, json: { code: 'budget_exhausted' } });
    expect(Number(answers[2]?.headers['retry-after'])).toBeGreaterThan(30);
    expect(api.received).toHaveLength(2);
  });

  test('a call that did not go out gives its part back', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const connection = calling.connect(api.url, {
      policy: { budget: { limits: [{ name: ownBudget, limit: 1, windowMs: 600_000 }], waitMs: 0 } },
    });
    calling.ledger.fail(new Error('away'));
    expect((await calling.call(connection, '/x')).status).toBe(503);
    calling.ledger.fail(null);
    expect((await calling.call(connection, '/x')).status).toBe(200);
  });

  test('outlives a change of the policy', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const budget = { limits: [{ name: ownBudget, limit: 1, windowMs: 600_000 }], waitMs: 0 };
    const connection = calling.connect(api.url, { policy: { budget } });
    expect((await calling.call(connection, '/x')).status).toBe(200);
    const changed = calling.connect(api.url, { id: connection.id, policy: { budget, retries: { most: 0 } } });
    expect((await calling.call(changed, '/x')).status).toBe(429);
  });
});

describe('the ledger', () => {
  test('holds bodies masked, and only where the policy asks for them', async () => {
    const api = await provider((_request, response) =>
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"errorCode":"BAD","token":"hidden-in-answer"}'),
    );
    const calling = await stand();
    const post = async (bodies: 'none' | 'masked') => {
      const connection = calling.connect(api.url, { policy: { ledger: { bodies } } });
      await calling.call(connection, '/x?token=hidden-in-path', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"password":"hidden-in-request","count":7}',
      });
      return calling.ledger.ended.at(-1);
    };
    expect(await post('none')).toMatchObject({ requestBody: null, responseBody: null, errorCode: 'BAD' });
    const masked = await post('masked');
    expect(masked?.requestBody?.toString()).toContain('"count":7');
    expect(masked?.responseBody?.toString()).toContain('"errorCode":"BAD"');
    const bodies = calling.ledger.ended.flatMap((end) => [end.requestBody?.toString(), end.responseBody?.toString()]);
    expect(JSON.stringify([calling.ledger.started, bodies])).not.toContain('hidden');
  });

  test('holds nothing of an answer that quotes the credentials', async () => {
    const api = await provider(({ headers }, response) => {
      const quoted = String(headers['authorization']);
      response.writeHead(400, { 'content-type': 'application/json', 'x-ratelimit-key': quoted });
      response.end(JSON.stringify({ errorCode: standToken, seen: standToken }));
    });
    const calling = await stand();
    await calling.call(calling.connect(api.url, { policy: { ledger: { bodies: 'masked' } } }), '/x');
    expect(calling.ledger.ended).toMatchObject([{ status: 400, errorCode: null, rateHeaders: {} }]);
    expect(String(calling.ledger.ended[0]?.responseBody)).not.toContain(standToken);
  });

  test('names the credential, never shows it', async () => {
    const api = await provider((_request, response) => response.end());
    const used: string[] = [];
    const calling = await stand({ ports: { onCredentialUsed: (_connection, id) => used.push(id) } });
    await calling.call(calling.connect(api.url), '/x');
    expect(calling.ledger.ended).toMatchObject([{ credentialId: used[0], credentialKind: 'bearer' }]);
    expect(JSON.stringify([calling.ledger.started, calling.ledger.ended])).not.toContain('provider-token');
  });
});

describe('a profile', () => {
  test('that fails to read what comes harms nobody else', async () => {
    const api = await provider((_request, response) => response.end());
    const calling = await stand();
    const broken: Partial<ApiProfile> = {
      operationOf: () => {
        throw new Error('a defect');
      },
    };
    expect((await calling.call(calling.connect(api.url, { profile: broken }), '/x')).status).toBe(500);
    expect((await calling.call(calling.connect(api.url), '/x')).status).toBe(200);
  });
});
