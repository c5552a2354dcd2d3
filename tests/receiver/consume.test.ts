import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consume, type ConsumeOptions } from '../../src/receiver/consume.ts';
import type { PosthornError } from '../../src/receiver/posthorn-error.ts';
import type { FeedEvent } from '../../src/receiver/feed-page.ts';
import { createApi } from '../support/api.ts';
import { killDatabaseOf, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { freePort } from '../docs/shell.ts';
import { until } from '../support/until.ts';

let posthorn: PosthornProcess;
let dataFolder: string;
let port: number;
const api = createApi(() => posthorn.url);
const start = () => startPosthorn({ dataFolder, env: { PORT: String(port), POSTHORN_SHUTDOWN_SECONDS: '2' } });

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-consume-'));
  port = await freePort();
  posthorn = await start();
}, 120_000);
afterAll(async () => {
  await posthorn?.end('SIGTERM');
  rmSync(dataFolder, { recursive: true, force: true });
});

/** A team, a key that may consume and nothing else, and what a consumer of it needs. */
async function makeFeed() {
  const team = await api.call<{ id: string }>('POST', '/v1/teams', { name: 'consuming' });
  const path = `/v1/teams/${team.id}`;
  for (const name of ['a.b', 'c.d']) await api.call('POST', `${path}/event-types`, { name });
  const { key } = await api.call<{ key: string }>('POST', `${path}/api-keys`, {
    name: 'consumer',
    permissions: ['feed:read'],
  });
  const stop = new AbortController();
  const retries: PosthornError[] = [];
  const options: ConsumeOptions = {
    url: posthorn.url,
    team: team.id,
    key,
    consumer: 'ledger',
    waitSeconds: 5,
    signal: stop.signal,
    backoff: { firstMs: 50, maxMs: 200 },
    onRetry: ({ error }) => retries.push(error),
  };
  const post = async (count: number, type = 'a.b'): Promise<string[]> => {
    const events = Array.from({ length: count }, (_, n) => ({ type, payload: { n } }));
    const { data } = await api.call<{ data: { id: string }[] }>('POST', `${path}/events/batch`, { events });
    return data.map(({ id }) => id);
  };
  /** Waits until the feed hands them all out, so that pages come as full as they may be. */
  const postRipe = async (count: number): Promise<string[]> => {
    const ids = await post(count);
    await take(count, { ...options, consumer: 'probe' });
    return ids;
  };
  return { options, stop, retries, post, postRipe };
}

async function take(count: number, options: ConsumeOptions): Promise<FeedEvent[]> {
  const taken: FeedEvent[] = [];
  for await (const event of consume(options)) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
const idsOf = (events: { id: string }[]): string[] => events.map(({ id }) => id);

describe.concurrent('consuming the feed of a real Posthorn', () => {
  it('gives every event once and in order, page after page, and those that come while it waits', async () => {
    const feed = await makeFeed();
    const first = await feed.post(5);
    const taken: FeedEvent[] = [];
    const loop = consume({
      ...feed.options,
      limit: 2,
      onEvent: (event) => {
        taken.push(event);
      },
    });
    await until('the first ones', () => taken.length === 5);
    const second = await feed.post(2);
    await until('the second ones', () => taken.length === 7);
    expect(idsOf(taken)).toEqual([...first, ...second]);
    expect(taken.map(({ payload }) => payload)).toEqual([0, 1, 2, 3, 4, 0, 1].map((n) => ({ n })));
    feed.stop.abort();
    await loop;
    expect(feed.retries).toEqual([]);
  });

  it('goes on where it was, when the same consumer is opened again after a clean stop', async () => {
    const feed = await makeFeed();
    const ids = await feed.postRipe(3);
    for await (const { id } of consume(feed.options)) if (id === ids[2]) feed.stop.abort();
    const more = await feed.post(2);
    const { signal: _signal, ...options } = feed.options;
    expect(idsOf(await take(2, options))).toEqual(more);
    expect(idsOf(await take(5, { ...options, consumer: 'other' }))).toEqual([...ids, ...more]);
  });

  it('gives a page again that was left in the middle, and no page before it', async () => {
    const feed = await makeFeed();
    const ids = await feed.postRipe(5);
    expect(idsOf(await take(3, { ...feed.options, limit: 2 }))).toEqual(ids.slice(0, 3));
    expect(idsOf(await take(3, { ...feed.options, limit: 2 }))).toEqual(ids.slice(2));
  });

  it('gives only the types that are wanted', async () => {
    const feed = await makeFeed();
    await feed.post(3, 'a.b');
    const wanted = await feed.post(2, 'c.d');
    await feed.post(1, 'a.b');
    expect(idsOf(await take(2, { ...feed.options, eventTypes: ['c.d'] }))).toEqual(wanted);
  });

  it.each<[string, Partial<ConsumeOptions>, object]>([
    ['a key that is none', { key: 'phk_none' }, { reason: 'unauthorized', status: 401, code: 'unauthorized' }],
    ['a consumer whose name is none', { consumer: '-' }, { reason: 'refused', status: 400, code: 'invalid_request' }],
    ['too large a page', { limit: 501 }, { reason: 'refused', status: 400, code: 'invalid_request' }],
    ['another path', { url: 'livez' }, { reason: 'not_found', status: 404, code: 'not_found' }],
  ])('ends with a typed error for %s', async (_about, wrong, shown) => {
    const feed = await makeFeed();
    const url = wrong.url === undefined ? posthorn.url : `${posthorn.url}/livez`;
    await expect(take(1, { ...feed.options, ...wrong, url })).rejects.toMatchObject({
      name: 'PosthornError',
      ...shown,
    });
  });
});

describe('consuming while Posthorn comes and goes', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'outlives Posthorn: %s, a while of nothing, and a restart',
    async (signal) => {
      const feed = await makeFeed();
      const first = await feed.post(4);
      const taken: string[] = [];
      const loop = consume({
        ...feed.options,
        limit: 3,
        onEvent: ({ id }) => {
          taken.push(id);
        },
      });
      await until('the first ones', () => taken.length === 4);
      await posthorn.end(signal);
      if (signal === 'SIGKILL') await killDatabaseOf(dataFolder);
      await until('some requests to fail', () => feed.retries.length >= 3);
      posthorn = await start();
      const second = await feed.post(4);
      await until('the second ones', () => second.every((id) => taken.includes(id)));
      // The position is kept: nothing that was committed comes again.
      expect(taken).toEqual([...first, ...second]);
      expect(new Set(feed.retries.map(({ temporary }) => temporary))).toEqual(new Set([true]));
      feed.stop.abort();
      await loop;
    },
  );
});
