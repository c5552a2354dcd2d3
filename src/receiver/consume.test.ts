import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { consume, type ConsumeOptions } from './consume.ts';
import { PosthornError } from './posthorn-error.ts';
import type { FeedEvent } from './feed-page.ts';

/** What the real feed does not do when it is asked to; tests/receiver has the real one. */
type Scripted = (response: ServerResponse, query: URLSearchParams, request: IncomingMessage) => void;

const page =
  (nextCursor: string, ...ids: string[]): Scripted =>
  (response) => {
    const data = ids.map((id) => ({
      id,
      type: 'a.b',
      contentType: 'application/json',
      orderingKey: null,
      occurredAt: null,
      acceptedAt: '2026-05-06T07:08:09.000Z',
      body: { encoding: 'utf-8', content: `{"id":"${id}"}`, sizeBytes: 1, truncated: false },
    }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data, nextCursor }));
  };
const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Scripted =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(JSON.stringify({ status, code, detail: `This is ${code}.` }));
  };

/** A feed that gives the scripted answers, one a request, and then empty pages that wait for ever. */
async function startFeed(...script: Scripted[]) {
  const requests: { cursor: string | null; query: URLSearchParams; path: string; authorization: string | undefined }[] =
    [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://feed');
    const { authorization } = request.headers;
    requests.push({
      cursor: url.searchParams.get('cursor'),
      query: url.searchParams,
      path: url.pathname,
      authorization,
    });
    script.shift()?.(response, url.searchParams, request);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const stop = new AbortController();
  const retries: { reason: string; status: number | null; attempt: number; waitMs: number }[] = [];
  const options: ConsumeOptions = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    team: 'team_1',
    key: 'phk_PLANTED',
    consumer: 'ledger',
    signal: stop.signal,
    backoff: { firstMs: 2, maxMs: 4 },
    onRetry: ({ error, attempt, waitMs }) =>
      retries.push({ reason: error.reason, status: error.status, attempt, waitMs }),
  };
  return { requests, cursors: () => requests.map(({ cursor }) => cursor), stop, options, retries };
}

/** Takes `count` events out of the loop and leaves it. */
async function take(count: number, options: ConsumeOptions): Promise<FeedEvent[]> {
  const taken: FeedEvent[] = [];
  for await (const event of consume(options)) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
const idsOf = (events: { id: string }[]): string[] => events.map(({ id }) => id);

describe('consuming as an iterator', () => {
  it('asks as it was told, and commits a page by asking for the next', async () => {
    const feed = await startFeed(page('c1', 'a', 'b'), page('c2'), page('c3', 'c', 'd'));
    const more = { limit: 2, waitSeconds: 0, eventTypes: ['a.b', 'a.c'], since: new Date('2026-01-01T00:00:00Z') };
    expect(idsOf(await take(3, { ...feed.options, ...more }))).toEqual(['a', 'b', 'c']);
    expect(feed.cursors()).toEqual([null, 'c1', 'c2']);
    expect(feed.requests[0]).toMatchObject({ path: '/v1/teams/team_1/feed', authorization: 'Bearer phk_PLANTED' });
    expect(Object.fromEntries(feed.requests[0]?.query ?? [])).toEqual({
      consumer: 'ledger',
      limit: '2',
      waitSeconds: '0',
      eventTypes: 'a.b,a.c',
      since: '2026-01-01T00:00:00.000Z',
    });
  });

  it('finds a Posthorn below a path', async () => {
    const feed = await startFeed(page('c1', 'a'));
    await take(1, { ...feed.options, url: `${String(feed.options.url)}/posthorn/` });
    expect(feed.requests[0]?.path).toBe('/posthorn/v1/teams/team_1/feed');
  });

  it('gives events with the names that webhooks have', async () => {
    const feed = await startFeed(page('c1', 'a'));
    const [event] = await take(1, feed.options);
    expect(event).toMatchObject({
      id: 'a',
      type: 'a.b',
      contentType: 'application/json',
      acceptedAt: new Date('2026-05-06T07:08:09.000Z'),
      occurredAt: null,
      data: { id: 'a' },
    });
    expect(event?.body.toString()).toBe('{"id":"a"}');
  });

  it('commits nothing of a page that it leaves', async () => {
    const feed = await startFeed(page('c1', 'a', 'b'));
    await take(2, feed.options);
    expect(feed.cursors()).toEqual([null]);
  });

  it('ends without an error when it is stopped while it waits', async () => {
    const feed = await startFeed(page('c1', 'a'));
    const taken: string[] = [];
    const loop = (async () => {
      for await (const { id } of consume(feed.options)) taken.push(id);
    })();
    await vi.waitFor(() => expect(feed.cursors()).toEqual([null, 'c1']));
    feed.stop.abort();
    await loop;
    expect(taken).toEqual(['a']);
  });

  it('commits the page that was handled to its end when it is stopped just then, and no other', async () => {
    const whole = await startFeed(page('c1', 'a', 'b'), page('c2'));
    for await (const { id } of consume(whole.options)) if (id === 'b') whole.stop.abort();
    expect(whole.cursors()).toEqual([null, 'c1']);
    expect(whole.requests[1]?.query.get('waitSeconds')).toBe('0');

    const part = await startFeed(page('c1', 'a', 'b'), page('c2'));
    for await (const _event of consume(part.options)) part.stop.abort();
    expect(part.cursors()).toEqual([null]);
  });

  it('asks nothing when it was stopped before it began', async () => {
    const feed = await startFeed(page('c1', 'a'));
    feed.stop.abort();
    expect(await take(1, feed.options)).toEqual([]);
    expect(feed.requests).toEqual([]);
  });
});

describe('a body that is not in its page', () => {
  const large = Buffer.from([0, 255, 1]);
  const pageWith =
    (urlOf: (origin: string) => string): Scripted =>
    (response, _query, request) => {
      const content = urlOf(`http://${request.headers.host}`);
      const body = { encoding: 'url', content, sizeBytes: large.length, truncated: false };
      const data = [
        { id: 'big', type: 'a.b', contentType: 'image/x', acceptedAt: '2026-05-06T07:08:09Z', sourceId: 'src_1', body },
      ];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data, nextCursor: 'c2' }));
    };
  const bodyOf =
    (bytes: Buffer): Scripted =>
    (response) =>
      response.writeHead(200).end(bytes);
  const told = (feed: { requests: { path: string; cursor: string | null; authorization: string | undefined }[] }) =>
    feed.requests.map(({ path, cursor, authorization }) => [path, cursor, authorization !== undefined]);

  it('is fetched before the event is handed over, without the key', async () => {
    const feed = await startFeed(
      page('c1', 'a'),
      pageWith((origin) => `${origin}/bodies/big`),
      bodyOf(large),
    );
    const [, event] = await take(2, feed.options);
    expect(event).toMatchObject({ id: 'big', contentType: 'image/x', sourceId: 'src_1', data: undefined });
    expect(event?.body.equals(large)).toBe(true);
    expect(told(feed).at(-1)).toEqual(['/bodies/big', null, false]);
  });

  it('is fetched again when it did not come whole or could not come now', async () => {
    const feed = await startFeed(
      pageWith((origin) => `${origin}/bodies/big`),
      bodyOf(large.subarray(1)),
      problem(503, 'overloaded'),
      bodyOf(large),
    );
    const [event] = await take(1, feed.options);
    expect(event?.body.equals(large)).toBe(true);
    expect(feed.retries.map(({ reason }) => reason)).toEqual(['unreachable', 'unavailable']);
  });

  it('is asked for under a new URL when the one of the page has expired, without committing the page', async () => {
    const feed = await startFeed(
      page('c1', 'a'),
      pageWith((origin) => `${origin}/bodies/big?signature=old`),
      problem(403, 'forbidden'),
      pageWith((origin) => `${origin}/bodies/big?signature=new`),
      bodyOf(large),
    );
    expect((await take(2, feed.options))[1]?.body.equals(large)).toBe(true);
    expect(told(feed).map(([path, cursor]) => [path, cursor])).toEqual([
      ['/v1/teams/team_1/feed', null],
      ['/v1/teams/team_1/feed', 'c1'],
      ['/bodies/big', null],
      ['/v1/teams/team_1/feed', 'c1'],
      ['/bodies/big', null],
    ]);
  });

  it('ends the loop when it is not there any more, with no signed URL in the error', async () => {
    const feed = await startFeed(
      pageWith((origin) => `${origin}/bodies/big?signature=PLANTED`),
      problem(404, 'not_found'),
    );
    const error = await take(1, feed.options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PosthornError', reason: 'not_found' });
    expect(String((error as Error).stack)).not.toContain('PLANTED');
  });
});

describe('what is temporary', () => {
  it('is asked again with the same cursor, waiting longer each time', async () => {
    const reset: Scripted = (_response, _query, request) => request.socket.destroy();
    const cut: Scripted = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"data":[');
      setImmediate(() => response.destroy());
    };
    const feed = await startFeed(
      page('c1', 'a'),
      problem(503, 'database_unavailable'),
      reset,
      cut,
      problem(408, 'request_timeout'),
      problem(500, 'internal'),
      page('c2', 'b'),
    );
    expect(idsOf(await take(2, feed.options))).toEqual(['a', 'b']);
    expect(feed.cursors()).toEqual([null, 'c1', 'c1', 'c1', 'c1', 'c1', 'c1']);
    expect(feed.retries.map(({ reason, status, attempt }) => [reason, status, attempt])).toEqual([
      ['unavailable', 503, 1],
      ['unreachable', null, 2],
      ['unreachable', null, 3],
      ['unavailable', 408, 4],
      ['unavailable', 500, 5],
    ]);
  });

  it('waits as long as a Retry-After asks', async () => {
    const feed = await startFeed(problem(429, 'rate_limited', { 'retry-after': '1' }), page('c1', 'a'));
    await take(1, feed.options);
    expect(feed.retries).toMatchObject([{ status: 429, waitMs: 1_000 }]);
  });

  it('does not keep anybody from stopping', async () => {
    const feed = await startFeed(problem(503, 'overloaded', { 'retry-after': '200' }));
    const loop = take(1, feed.options);
    await vi.waitFor(() => expect(feed.retries).toHaveLength(1));
    feed.stop.abort();
    expect(await loop).toEqual([]);
  });
});

describe('what stays', () => {
  const plain =
    (status: number, text: string, headers: Record<string, string> = {}): Scripted =>
    (response) =>
      response.writeHead(status, headers).end(text);

  it.each<[string, Scripted, object]>([
    ['a key that is none', problem(401, 'unauthorized'), { reason: 'unauthorized', status: 401, code: 'unauthorized' }],
    ['a key without feed:read', problem(403, 'forbidden'), { reason: 'forbidden', status: 403, code: 'forbidden' }],
    ['a team that is not there', problem(404, 'not_found'), { reason: 'not_found', status: 404, code: 'not_found' }],
    ['a parameter', problem(400, 'invalid_cursor'), { reason: 'refused', status: 400, code: 'invalid_cursor' }],
    ['a redirect', plain(302, '', { location: 'http://127.0.0.1:1/' }), { reason: 'unexpected_answer', status: 302 }],
    ['a page of another kind', plain(200, '<html>'), { reason: 'unexpected_answer', status: 200, code: null }],
    ['JSON of another kind', plain(200, '{"data":[{"id":1}],"nextCursor":"c"}'), { reason: 'unexpected_answer' }],
    [
      'a body that is not all there',
      plain(200, '{"data":[{"id":"a","type":"b","body":{"content":"","truncated":true}}],"nextCursor":"c"}'),
      { reason: 'unexpected_answer' },
    ],
  ])('%s ends the loop with a typed error that holds no key', async (_about, script, shown) => {
    const feed = await startFeed(script);
    const error = await take(1, feed.options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PosthornError);
    expect(error).toMatchObject({ ...shown, temporary: false });
    expect(String((error as Error).stack)).not.toContain('PLANTED');
    expect(feed.retries).toEqual([]);
  });

  it('an address that is none is refused before anything is asked', async () => {
    const feed = await startFeed();
    expect(() => consume({ ...feed.options, url: 'posthorn' })).toThrow(TypeError);
  });
});

describe('consuming with a handler', () => {
  it('hands an event to it again until it works, and those behind it wait', async () => {
    const feed = await startFeed(page('c1', 'a', 'b'), page('c2'));
    const calls: string[] = [];
    await consume({
      ...feed.options,
      onEvent: async ({ id }) => {
        await Promise.resolve();
        calls.push(id);
        if (calls.length < 3) throw new Error('no room');
        if (id === 'b') feed.stop.abort();
      },
    });
    expect(calls).toEqual(['a', 'a', 'a', 'b']);
    expect(feed.retries.map(({ reason, attempt }) => [reason, attempt])).toEqual([
      ['handler_failed', 1],
      ['handler_failed', 2],
    ]);
    expect(feed.cursors()).toEqual([null, 'c1']);
  });

  it('commits nothing of a page at which it is stopped while an event fails', async () => {
    const feed = await startFeed(page('c1', 'a'));
    await consume({
      ...feed.options,
      onEvent: () => {
        feed.stop.abort();
        throw new Error('no room');
      },
    });
    expect(feed.cursors()).toEqual([null]);
  });

  it('tells what a handler threw', async () => {
    const feed = await startFeed(page('c1', 'a'));
    const thrown = new Error('no room');
    const told: PosthornError[] = [];
    await consume({
      ...feed.options,
      onRetry: ({ error }) => {
        told.push(error);
        feed.stop.abort();
      },
      onEvent: () => Promise.reject(thrown),
    });
    expect(told).toMatchObject([{ reason: 'handler_failed', cause: thrown, message: 'onEvent failed at a.' }]);
  });

  it('rejects for what stays', async () => {
    const feed = await startFeed(problem(401, 'unauthorized'));
    await expect(consume({ ...feed.options, onEvent: () => undefined })).rejects.toThrow(PosthornError);
  });

  it('tells of the first failure in a row as a warning, where nobody else is told', async () => {
    const feed = await startFeed(problem(503, 'overloaded'), problem(503, 'overloaded'), page('c1', 'a'));
    const seen: Error[] = [];
    const see = (warning: Error): void => void seen.push(warning);
    process.on('warning', see);
    onTestFinished(() => void process.off('warning', see));
    const { onRetry: _onRetry, ...options } = feed.options;
    await take(1, options);
    await vi.waitFor(() => expect(seen.map(({ name }) => name)).toEqual(['PosthornConsumerWarning']));
    expect(seen[0]?.message).toContain('answered 503. This is overloaded.');
  });
});
