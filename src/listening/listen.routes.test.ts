import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { until } from '../../tests/support/until.ts';
import { createFeedWaitingRoom } from '../feed/feed-waiting-room.ts';
import { createAuthentication } from '../http/authentication.ts';
import { createIdSource } from '../ids/id-source.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { type ApiKeyDirectory, createApiKeyDirectory } from '../teams/api-key-directory.ts';
import { listenRoutes } from './listen.routes.ts';
import { createListeners, type Listeners } from './listeners.ts';

let api: TestApi;
let url: string;
let listeners: Listeners;
let apiKeys: ApiKeyDirectory;
let timers: ManualTimers;
let nowAheadMs = 0;
let databaseIsAway = false;
let bodyBytesRead = 0;
let team: string;
let key: { id: string; key: string };
const clock = { now: () => Date.now() + nowAheadMs };

beforeAll(async () => {
  timers = createManualTimers();
  listeners = createListeners({ mostOfTeam: 3 });
  api = await createTestApi({
    clock,
    register(app, { services }) {
      apiKeys = createApiKeyDirectory({ database: services.database, clock });
      const authentication = createAuthentication({ operatorKey: 'none', apiKeys, clock, requestsPerSecond: null });
      const waitingRoom = createFeedWaitingRoom({ database: services.database, timers, onError: () => undefined });
      const database = new Proxy(services.database, {
        get(target, name) {
          if (name !== 'query') return Reflect.get(target, name) as unknown;
          return async (...args: [string, unknown[]]) => {
            if (databaseIsAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
            const answer = await target.query<{ body?: Buffer | null }>(...args);
            for (const { body } of answer.rows) bodyBytesRead += body?.length ?? 0;
            return answer;
          };
        },
      });
      const deps = { ...services, database, waitingRoom, listeners, timers, authentication };
      app.register(
        listenRoutes({ ...deps, bodyUrl: () => 'https://posthorn.test/bodies/x', onError: () => undefined }),
      );
    },
  });
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  team = await api.createTeam();
  key = await api.createKey(team, ['feed:read']);
});
afterAll(() => api[Symbol.asyncDispose]());

type Stream = {
  status: number;
  headers: IncomingHttpHeaders;
  lines: Record<string, unknown>[];
  ended: () => boolean;
  leave: () => void;
};

/** Asks over a connection of its own; nothing is read of the answer yet. */
async function ask(query: string, withKey = key.key): Promise<{ response: IncomingMessage; leave: () => void }> {
  const request = requestHttp(`${url}/v1/teams/${team}/listen${query}`, {
    headers: { authorization: `Bearer ${withKey}` },
    agent: false,
  });
  const leave = (): void => void request.destroy();
  onTestFinished(leave);
  request.on('error', () => undefined).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response: response.on('error', () => undefined), leave };
}

/** Opens the stream and reads it on; or the problem that came in its place. */
async function listen(query = '', withKey?: string): Promise<Stream> {
  const { response, leave } = await ask(query, withKey);
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as Record<string, unknown>);
  });
  response.on('end', () => {
    if (rest !== '') lines.push(JSON.parse(rest) as Record<string, unknown>);
  });
  await until('a line', () => lines.length > 0);
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, lines, ended: () => response.complete, leave };
}
const ping = async (): Promise<void> => {
  await until('the timer of the ping', () => timers.waiting.some((ms) => ms > 14_000));
  timers.advance(15_000);
};

describe('GET /v1/teams/:team/listen', () => {
  test('answers at once with a stream of lines that nobody on the way keeps', async () => {
    const { status, headers, lines } = await listen();
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(lines).toEqual([{ kind: 'position', cursor: expect.stringMatching(/^evt_/) as string }]);
  });

  test('refuses who may not, and what it does not know', async () => {
    const other = await api.createKey(team, ['events:read']);
    const cases: [string, string, number, string][] = [
      ['', other.key, 403, 'forbidden'],
      ['', 'phk_none', 401, 'unauthorized'],
      ['?source=src_01kajxkkj8ffkr1g8xs6a3ek0r', key.key, 404, 'not_found'],
      ['?endpoint=nothing', key.key, 404, 'not_found'],
      ['?after=evt_x', key.key, 400, 'invalid_cursor'],
      ['?eventTypes=a,b*', key.key, 400, 'invalid_request'],
      ['?since=yesterday', key.key, 400, 'invalid_request'],
      ['?types=a', key.key, 400, 'invalid_request'],
    ];
    for (const [query, withKey, status, code] of cases) {
      const answer = await listen(query, withKey);
      expect([query, answer.status, answer.lines[0]?.['code']]).toEqual([query, status, code]);
    }
  });

  test('lets in so many of a team, and another one when one has gone', async () => {
    const [first] = [await listen(), await listen(), await listen()];
    const refused = await listen();
    expect([refused.status, refused.lines[0]?.['code']]).toEqual([503, 'overloaded']);
    expect(refused.headers['retry-after']).toBe('5');
    first.leave();
    await until('a place', async () => (await listen()).status === 200);
  });
});

describe('a stream ends', () => {
  test('at the ping after its key was revoked, and goes on with another key', async () => {
    const other = await api.createKey(team, ['feed:read']);
    const [revoked, kept] = [await listen(), await listen('', other.key)];
    await ping();
    await until('pings', () => [revoked, kept].every(({ lines }) => lines.some(({ kind }) => kind === 'ping')));
    await api.call('DELETE', `/v1/teams/${team}/api-keys/${key.id}`);
    // As the notification of the change does in a node.
    apiKeys.forgetTeam(team);
    await ping();
    await until('the end', () => revoked.ended());
    expect(revoked.lines.at(-1)).toMatchObject({ kind: 'end', code: 'unauthorized' });
    await until('the second ping', () => kept.lines.filter(({ kind }) => kind === 'ping').length === 2);
    expect(kept.ended()).toBe(false);
  });

  test('at the ping after its key has expired', async () => {
    const expiresAt = new Date(clock.now() + 60_000).toISOString();
    const short = await api.createKey(team, ['feed:read'], { expiresAt });
    const stream = await listen('', short.key);
    nowAheadMs += 61_000;
    await ping();
    await until('the end', () => stream.ended());
    expect(stream.lines.at(-1)).toMatchObject({ kind: 'end', code: 'unauthorized' });
  });

  test('with the problem when the database is away', async () => {
    const stream = await listen();
    databaseIsAway = true;
    onTestFinished(() => {
      databaseIsAway = false;
    });
    await ping();
    await until('the end', () => stream.ended());
    expect(stream.lines.at(-1)).toMatchObject({ kind: 'end', code: 'database_unavailable' });
  });
});

describe('a client that does not read', () => {
  const bodyBytes = 200_000;
  const count = 200;

  async function putEvents(): Promise<void> {
    const ids = createIdSource({ now: () => Date.now() - 60_000 });
    const made = Array.from({ length: count }, () => uuidFromId(ids.next('evt')));
    await api.database.pool.query(
      `INSERT INTO event (team_id, id, type, content_type, body)
        SELECT $1, id, 'a.b', 'text/plain', convert_to(repeat('x', $3), 'UTF8') FROM unnest($2::uuid[]) id`,
      [uuidFromId(team), made, bodyBytes],
    );
  }

  const openWithoutReading = async (): Promise<IncomingMessage> =>
    (await ask(`?since=${new Date(Date.now() - 3_600_000).toISOString()}`)).response;

  /** Until the server has read nothing more for a second. */
  async function untilItWaits(): Promise<void> {
    let last = -1;
    await until(
      'the server to wait',
      () => {
        const same = bodyBytesRead === last && bodyBytesRead > 0;
        last = bodyBytesRead;
        return same;
      },
      { everyMs: 1_000 },
    );
  }

  test('is read for no further than its connection takes, and gets the rest when it reads', async () => {
    await putEvents();
    bodyBytesRead = 0;
    const response = await openWithoutReading();
    await untilItWaits();
    // What the kernel takes on both sides, and a page.
    expect(bodyBytesRead).toBeLessThan((count * bodyBytes) / 2);
    let text = '';
    const told = (): number => text.split('"kind":"event"').length - 1;
    response.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk.replaceAll('x', '');
    });
    await until('the rest', () => told() === count);
    expect(new Set(text.match(/"id":"evt_\w+"/g)).size).toBe(count);
  });

  test('does not hold up a node that stops', async () => {
    await putEvents();
    bodyBytesRead = 0;
    const response = await openWithoutReading();
    await untilItWaits();
    const [kept] = [await listen()];
    listeners.stop();
    const closing = api.app.close().then(() => 'closed');
    await until('the last line', () => kept.ended());
    expect(kept.lines.at(-1)).toMatchObject({ kind: 'end', code: 'shutting_down' });
    timers.advance(1_000);
    await expect(closing).resolves.toBe('closed');
    response.resume();
    await until('the connection to be cut', () => response.destroyed);
  });
});
