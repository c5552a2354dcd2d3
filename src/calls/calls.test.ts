import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idAt } from '../../tests/calls/call-samples.ts';
import { type PlannedCall, recordCalls } from '../../tests/calls/recorded-calls.ts';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import type { CallStart } from './call-ledger.ts';
import { callRoutes } from './calls.routes.ts';

let api: TestApi;
let team: string;
let nowMs = Date.now();
const minutes = (count: number): number => nowMs - count * 60_000;

beforeAll(async () => {
  api = await createTestApi({
    clock: { now: () => nowMs },
    register: (app, { services }) => void app.register(callRoutes(services)),
  });
});
beforeEach(async () => {
  nowMs = Date.now();
  team = await api.createTeam();
});
afterAll(() => api[Symbol.asyncDispose]());

const record = (...planned: PlannedCall[]): Promise<CallStart[]> => recordCalls(api.database.pool, team, planned);
// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
async function read(path: string, status = 200): Promise<any> {
  const answer = await api.call('GET', `/v1/teams/${team}/calls${path}`);
  expect(answer.status, answer.text).toBe(status);
  return answer.body;
}
const idsOf = async (query: string): Promise<string[]> =>
  ((await read(`?${query}`)) as { data: { id: string }[] }).data.map(({ id }) => id);

describe('the list of calls', () => {
  test('is newest first, of the last day unless it is said, page after page', async () => {
    const [old, second, newest] = (await record(
      { atMs: minutes(60 * 30) },
      { atMs: minutes(2) },
      { atMs: minutes(1) },
    )) as [CallStart, CallStart, CallStart];
    expect(await idsOf('')).toEqual([newest.id, second.id]);
    const since = new Date(minutes(60 * 40)).toISOString();
    expect(await idsOf(`since=${since}`)).toEqual([newest.id, second.id, old.id]);
    expect(await idsOf(`since=${since}&until=${new Date(minutes(90)).toISOString()}`)).toEqual([old.id]);
    const first = await read(`?since=${since}&limit=2`);
    expect(first.data).toHaveLength(2);
    const next = await read(`?since=${since}&limit=2&cursor=${first.nextCursor}`);
    expect(next).toMatchObject({ data: [{ id: old.id }], nextCursor: null });
  });

  test('finds by every filter what it names, and nothing else', async () => {
    const [connectionId, apiKeyId] = [idAt('con'), idAt('key')];
    const [plain, mine, refused, broken, polled, running] = (await record(
      { atMs: minutes(6) },
      { atMs: minutes(5), start: { connectionId, apiKeyId, environment: 'production', operation: 'envelopes.create' } },
      { atMs: minutes(4), start: { connectionId }, end: { status: 429, answered: 429, error: 'provider_refused' } },
      { atMs: minutes(3), end: { status: null, answered: 504, error: 'timeout', tries: [] } },
      { atMs: minutes(2), start: { subject: 'env-1' }, end: { polling: 'violation' } },
      { atMs: minutes(1), end: null },
    )) as [CallStart, CallStart, CallStart, CallStart, CallStart, CallStart];
    const expected: [string, CallStart[]][] = [
      [`connection=${connectionId}`, [refused, mine]],
      [`connection=${connectionId}&status=4xx`, [refused]],
      [`apiKey=${apiKeyId}`, [mine]],
      ['environment=production', [mine]],
      ['operation=envelopes.create', [mine]],
      ['status=429', [refused]],
      ['status=4xx', [refused]],
      ['status=2xx', [polled, mine, plain]],
      ['error=timeout', [broken]],
      ['outcome=failed', [broken, refused]],
      ['outcome=succeeded', [polled, mine, plain]],
      ['outcome=running', [running]],
      ['outcome=unknown', []],
      ['subject=env-1', [polled]],
      ['polling=violation', [polled]],
      ['polling=refused', []],
      [`polling=violation&connection=${connectionId}`, []],
    ];
    for (const [query, calls] of expected) {
      expect(await idsOf(query), query).toEqual(calls.map(({ id }) => id));
    }
  });

  test.each([
    'status=4x',
    'status=44',
    'error=odd',
    'connection=ep_1',
    'outcome=done',
    'limit=0',
    'nothing=1',
    'since=now',
  ])('refuses ?%s', async (query) => {
    expect(await read(`?${query}`, 400)).toMatchObject({ code: 'invalid_request' });
  });

  test('shows a call as its caller and the provider left it', async () => {
    const [start] = (await record({
      atMs: minutes(1),
      start: { path: '/restapi/v2.1/accounts/1/envelopes?token=***' },
      end: { status: 200, answered: 200, responseBytes: 1234, cache: 'hit' },
    })) as [CallStart];
    const { data } = await read('');
    expect(data).toEqual([
      {
        id: start.id,
        connectionId: start.connectionId,
        provider: 'docusign',
        environment: 'sandbox',
        apiKeyId: null,
        origin: 'egress',
        method: 'GET',
        operation: 'envelopes.get',
        subject: null,
        path: '/restapi/v2.1/accounts/1/envelopes?token=***',
        counted: true,
        outcome: 'succeeded',
        status: 200,
        answered: 200,
        error: null,
        errorCode: null,
        cache: 'hit',
        polling: null,
        tryCount: 1,
        firstByteMs: 30,
        totalMs: 40,
        requestBytes: 0,
        responseBytes: 1234,
        startedAt: new Date(minutes(1)).toISOString(),
        endedAt: '2023-11-14T22:13:20.040Z',
      },
    ]);
  });

  test('needs calls:read of this very team, on every path', async () => {
    const [call] = (await record({ atMs: minutes(1) })) as [CallStart];
    const other = await api.createTeam('Other');
    const reader = await api.createKey(team, ['calls:read']);
    const caller = await api.createKey(team, ['connections:call']);
    const stranger = await api.createKey(other, ['calls:read']);
    for (const path of ['', '/stats', '/polling-violations', `/${call.id}`]) {
      const status = async (key: string) => (await api.call('GET', `/v1/teams/${team}/calls${path}`, { key })).status;
      expect(await status(reader.key), path).toBe(200);
      expect(await status(caller.key), path).toBe(403);
      expect(await status(stranger.key), path).toBe(404);
    }
    const elsewhere = await api.call('GET', `/v1/teams/${other}/calls/${call.id}`);
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.call('GET', `/v1/teams/${other}/calls`)).body).toEqual({ data: [], nextCursor: null });
  });
});

describe('a call', () => {
  test('is shown with its tries, its timing, its bodies and what it repeats', async () => {
    const first = idAt('call');
    const [start] = (await record({
      atMs: minutes(1),
      start: { subject: 'env-1', resource: '/envelopes/env-1' },
      end: {
        tries: [
          { status: 503, error: 'provider_failed', atMs: 1_700_000_000_000, durationMs: 12.5 },
          { status: 200, error: null, atMs: 1_700_000_001_000, durationMs: 30 },
        ],
        timing: { queueMs: 1.5, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 20, totalMs: 1_030 },
        polling: 'violation',
        repeats: { callId: first, agoMs: 90_000, pattern: 'list-then-get' },
        credentialId: idAt('ccr'),
        rateHeaders: { 'x-ratelimit-remaining': '7' },
        requestBody: Buffer.from('{"a":"***"}'),
        responseBody: Buffer.concat([Buffer.from('né').subarray(0, 2), Buffer.alloc(0)]),
      },
    })) as [CallStart];
    expect(await read(`/${start.id}`)).toMatchObject({
      id: start.id,
      template: start.template,
      resource: '/envelopes/env-1',
      tries: [
        { status: 503, error: 'provider_failed', at: '2023-11-14T22:13:20.000Z', durationMs: 12.5 },
        { status: 200, error: null, at: '2023-11-14T22:13:21.000Z', durationMs: 30 },
      ],
      timing: { queueMs: 1.5, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 20, totalMs: 1_030 },
      repeats: { callId: first, agoMs: 90_000, pattern: 'list-then-get' },
      credentialKind: 'bearer',
      rateHeaders: { 'x-ratelimit-remaining': '7' },
      requestBody: { encoding: 'utf-8', content: '{"a":"***"}', sizeBytes: 11 },
      // The cut went through a character.
      responseBody: { encoding: 'utf-8', content: 'n', sizeBytes: 2 },
    });
  });

  test('that runs has no end yet, and one that is not there is not found', async () => {
    const [start] = (await record({ atMs: minutes(1), end: null })) as [CallStart];
    expect(await read(`/${start.id}`)).toMatchObject({
      outcome: 'running',
      status: null,
      answered: null,
      tries: [],
      totalMs: null,
      endedAt: null,
      requestBody: null,
      repeats: null,
      rateHeaders: null,
    });
    expect(await read(`/${idAt('call')}`, 404)).toMatchObject({ code: 'not_found' });
    expect(await read('/odd', 404)).toMatchObject({ code: 'not_found' });
  });
});

describe('the list of polling violations', () => {
  test('has both calls, how long between, and what to do instead; not what the guard kept back', async () => {
    const repeated = { subject: 'env-1', resource: '/envelopes/env-1' };
    const [first] = (await record({ atMs: minutes(9), start: repeated })) as [CallStart];
    const repeats = (pattern: 'repeat' | 'list-then-get', callId = first.id) => ({ callId, agoMs: 240_000, pattern });
    const gone = idAt('call', minutes(60 * 24 * 90));
    const [second, third] = (await record(
      { atMs: minutes(5), start: repeated, end: { polling: 'violation', repeats: repeats('repeat') } },
      { atMs: minutes(4), end: { polling: 'violation', repeats: repeats('list-then-get', gone) } },
      { atMs: minutes(3), end: { polling: 'refused', repeats: repeats('repeat'), tries: [] } },
      { atMs: minutes(2), end: { polling: 'served', repeats: repeats('repeat'), tries: [], cache: 'served' } },
      { atMs: minutes(1) },
    )) as [CallStart, CallStart];
    const { data, nextCursor } = await read('/polling-violations');
    expect(nextCursor).toBeNull();
    expect(data).toMatchObject([
      {
        pattern: 'list-then-get',
        first: { id: gone, operation: null, path: null },
        second: { id: third.id },
        remedy: expect.stringMatching(/^Keep the answer of the first list/),
      },
      {
        connectionId: second.connectionId,
        provider: 'docusign',
        subject: 'env-1',
        resource: '/envelopes/env-1',
        pattern: 'repeat',
        minutesBetween: 4,
        first: { id: first.id, at: new Date(minutes(9)).toISOString(), operation: 'envelopes.get', path: first.path },
        second: { id: second.id, at: new Date(minutes(5)).toISOString(), operation: 'envelopes.get' },
        remedy: expect.stringMatching(
          /^Wait for a webhook such as envelope-completed: name a source of .* in sources of the connection,/,
        ),
      },
    ]);
    const page = await read('/polling-violations?limit=1');
    const rest = await read(`/polling-violations?limit=1&cursor=${page.nextCursor}`);
    expect([page.data[0].second.id, rest.data[0].second.id]).toEqual([third.id, second.id]);
    expect(rest.nextCursor).toBeNull();
    expect((await read(`/polling-violations?connection=${second.connectionId}`)).data).toHaveLength(1);
  });
});
