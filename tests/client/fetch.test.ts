import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionUrl } from '../../src/client/connection-url.rules.ts';
import { createPosthorn } from '../../src/client/create-posthorn.ts';
import { PosthornError } from '../../src/client/posthorn-error.ts';
import { posthorn } from '../../src/client/shared-posthorn.ts';
import { startRawServer } from '../support/raw-server.ts';
import { connectionId, key, startEgress } from './egress-server.ts';

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<PosthornError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PosthornError)) throw new Error(`no PosthornError: ${inspect(error)}`);
  return error;
}

async function textOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return Buffer.from(value ?? []).toString();
}

describe('fetch through a connection', () => {
  it('asks below the connection with the key, and gives what the provider answers, errors and redirects too', async () => {
    const { client, calls } = await startEgress(async ({ path, query, body, method }) => {
      if (path === '/moved') return { status: 302, headers: { location: '/elsewhere' } };
      if (path === '/gone') return { status: 410, json: { error: 'gone' } };
      return { headers: { 'x-of-provider': 'yes' }, json: { method, q: query.get('q'), sent: String(await body()) } };
    });
    const connection = client.connection(connectionId);
    const response = await connection.fetch('/a/b?q=%2F', {
      method: 'POST',
      body: 'hello',
      headers: { 'x-mine': '1' },
    });
    expect(await response.json()).toEqual({ method: 'POST', q: '/', sent: 'hello' });
    expect(response.headers.get('x-of-provider')).toBe('yes');
    expect(response.headers.get('posthorn-call-id')).toBe('call_1');
    expect(calls[0]?.headers).toMatchObject({ 'x-mine': '1', authorization: `Bearer ${key}` });

    expect((await connection.fetch('/gone')).status).toBe(410);
    const moved = await connection.fetch('/moved');
    expect([moved.status, moved.headers.get('location'), calls.length]).toEqual([302, '/elsewhere', 3]);
  });

  it('never sends an authorization of the caller instead of the key', async () => {
    const { client, calls } = await startEgress(() => ({}));
    await client.connection(connectionId).fetch('/', { headers: { Authorization: 'Bearer of-the-provider' } });
    expect(calls[0]?.headers.authorization).toBe(`Bearer ${key}`);
  });

  it('streams both ways: the first bytes of the answer are there before the last of the request are sent', async () => {
    const { client } = await startEgress(({ incoming, outgoing }) => {
      outgoing.writeHead(200);
      incoming.pipe(outgoing);
      return null;
    });
    const body = new Readable({ read: () => undefined });
    body.push('first');
    const response = await client
      .connection(connectionId)
      .fetch('/', { method: 'POST', body: Readable.toWeb(body) as ReadableStream<Uint8Array> });
    const reader = response.body!.getReader();
    expect(await textOf(reader)).toBe('first');
    body.push('second');
    body.push(null);
    expect(await textOf(reader)).toBe('second');
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  it('brings 32 MiB there and back without a changed byte', async () => {
    const hash = createHash('sha256');
    let sent = 0;
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const { client } = await startEgress(({ incoming, outgoing }) => {
      outgoing.writeHead(200);
      incoming.pipe(outgoing);
      return null;
    });
    const body = Readable.from(
      (async function* () {
        for (; sent < 32; sent += 1) {
          chunk.writeUInt32BE(sent, 0);
          hash.update(chunk);
          yield Uint8Array.from(chunk);
        }
      })(),
    );
    const response = await client
      .connection(connectionId)
      .fetch('/', { method: 'PUT', body: Readable.toWeb(body) as ReadableStream<Uint8Array> });
    const back = createHash('sha256');
    for await (const part of response.body!) back.update(part as Uint8Array);
    expect(back.digest('hex')).toBe(hash.digest('hex'));
    await finished(body);
  });

  it('uses connections again for calls that follow each other', async () => {
    const { client, connections } = await startEgress(() => ({ body: 'x' }));
    for (let call = 0; call < 20; call += 1) await (await client.connection(connectionId).fetch('/')).text();
    // A connection that is not quite free again when the next call begins has a second one beside it.
    expect(connections()).toBeLessThan(4);
  });
});

describe('what Posthorn itself ends', () => {
  it.each([
    ['budget_exhausted', 429, { retryable: true, mayRepeat: true }],
    ['database_unavailable', 503, { retryable: true, mayRepeat: true }],
    ['provider_timeout', 504, { retryable: true, mayRepeat: false }],
    ['provider_unreachable', 502, { retryable: true, mayRepeat: false }],
    ['polling_refused', 429, { retryable: false, mayRepeat: true }],
    ['connection_paused', 503, { retryable: true, mayRepeat: true }],
    ['credential_failed', 502, { retryable: true, mayRepeat: true }],
    ['forbidden', 403, { retryable: false, mayRepeat: true }],
  ])('throws %s with what to do about it', async (problem, status, verdict) => {
    const { client } = await startEgress(() => ({ problem, status, retryAfterSeconds: 7, detail: 'Too many.' }));
    const error = await errorOf(client.connection(connectionId).fetch('/', { method: 'POST', body: '{}' }));
    expect(error).toMatchObject({ code: problem, status, callId: 'call_1', retryAfterMs: 7000, ...verdict });
    expect(error.message).toBe(`Too many. (${problem}, call_1)`);
    expect(error.problem).toMatchObject({ detail: 'Too many.', instance: 'req_1' });
  });

  it('takes credentials for refused where no wait is told', async () => {
    const { client } = await startEgress(() => ({ problem: 'credential_failed', status: 502 }));
    expect(await errorOf(client.connection(connectionId).fetch('/'))).toMatchObject({ retryable: false });
  });

  it('throws for a HEAD that Posthorn answers, and not for one that the provider does', async () => {
    const { client } = await startEgress(({ path }) =>
      path === '/own'
        ? { problem: 'budget_exhausted', status: 429, retryAfterSeconds: 7 }
        : { status: 429, headers: { 'content-type': 'application/problem+json' } },
    );
    const connection = client.connection(connectionId);
    const error = await errorOf(connection.fetch('/own', { method: 'HEAD' }));
    expect(error).toMatchObject({ code: 'unknown', status: 429, retryAfterMs: 7000, problem: null });
    expect((await connection.fetch('/', { method: 'HEAD' })).status).toBe(429);
  });

  it.each([
    ['GET', {}],
    ['PUT', {}],
    ['POST', { 'Idempotency-Key': 'INV-1' }],
  ])('may repeat a %s whatever became of it', async (method, headers) => {
    const { client } = await startEgress(() => ({ problem: 'provider_timeout', status: 504 }));
    const error = await errorOf(client.connection(connectionId).fetch('/', { method, headers }));
    expect(error).toMatchObject({ mayRepeat: true, retryAfterMs: null });
  });

  it('throws for a key that Posthorn refuses, with no call on record, and no key in what is printed', async () => {
    const { url } = await startEgress(() => ({}));
    const wrong = createPosthorn({ url, key: 'phk_wrong' });
    const error = await errorOf(wrong.connection(connectionId).fetch('/'));
    expect(error).toMatchObject({ code: 'unauthorized', status: 401, callId: null, retryable: false });
    expect(inspect([error, wrong], { depth: 9, showHidden: true })).not.toContain('phk_wrong');
  });

  it('gives the problem of a provider to the caller, unread', async () => {
    const json = { type: 'https://provider.example/problems#quota', code: 'quota', status: 429, title: 'x' };
    const headers = { 'content-type': 'application/problem+json' };
    const { client } = await startEgress(() => ({ status: 429, headers, body: JSON.stringify(json) }));
    const response = await client.connection(connectionId).fetch('/');
    expect([response.status, await response.json()]).toEqual([429, json]);
  });

  it('throws unexpected_answer for a server that is no Posthorn', async () => {
    const server = createServer((_, outgoing) => outgoing.writeHead(502).end('<h1>Bad gateway</h1>'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await errorOf(createPosthorn({ url, key }).connection(connectionId).fetch('/'));
    expect(error).toMatchObject({ code: 'unexpected_answer', status: 502, retryable: true });
    expect(error.message).toContain(url);
  });

  it('throws unreachable when nobody listens, and says that a POST may be sent again', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const client = createPosthorn({ url: `http://127.0.0.1:${port}`, key });
    const error = await errorOf(client.connection(connectionId).fetch('/', { method: 'POST' }));
    expect(error).toMatchObject({ code: 'unreachable', status: null, retryable: true, mayRepeat: true });
  });

  it('throws unreachable when the connection breaks, and says that a POST may have been done', async () => {
    const server = await startRawServer((socket) => socket.destroy());
    onTestFinished(() => server.close());
    const client = createPosthorn({ url: `http://127.0.0.1:${server.port}`, key });
    const error = await errorOf(client.connection(connectionId).fetch('/', { method: 'POST', body: 'x' }));
    expect(error).toMatchObject({ code: 'unreachable', retryable: true, mayRepeat: false });
  });

  it('throws what the signal was aborted with', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const { client } = await startEgress(() => {
      abort.abort(reason);
      return null;
    });
    const { signal } = abort;
    await expect(client.connection(connectionId).fetch('/', { signal })).rejects.toBe(reason);
  });
});

describe('what cannot be sent', () => {
  it.each([
    'a',
    '',
    'https://demo.docusign.net/a',
    '/../con_other/a',
    '/a/%2E%2e/b',
    '/a/.',
    '/a\\b',
    '/a#b',
    '/a\nb',
    '/a\tb',
  ])('refuses the path %j', async (path) => {
    const { client, calls } = await startEgress(() => ({}));
    await expect(client.connection(connectionId).fetch(path)).rejects.toThrow(TypeError);
    expect(calls).toHaveLength(0);
  });

  it('leads no path out of its connection', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '\\',
      '?',
      '#',
      '@',
      ':',
      '//',
      'a',
      '\t',
      '\n',
      'é',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 }))), (pieces) => {
        const path = `/${pieces.join('')}`;
        let href: string;
        try {
          href = connectionUrl('https://posthorn.example.com/base', connectionId, path);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        const url = new URL(href);
        expect(url.href).toBe(href);
        expect(url.origin).toBe('https://posthorn.example.com');
        expect(url.pathname.startsWith(`/base/egress/${connectionId}/`)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells a mistake of the caller as fetch does', async () => {
    const { client } = await startEgress(() => ({}));
    const promise = client.connection(connectionId).fetch('/', { method: 'GET', body: 'x' });
    await expect(promise).rejects.toThrow(TypeError);
    await expect(promise).rejects.not.toBeInstanceOf(PosthornError);
  });

  it.each(['', 'documenso', 'src_01h455vb4pex5vsknk084sn02q', '../con_01h455vb4pex5vsknk084sn02q'])(
    'refuses %j as a connection',
    (id) => {
      const client = createPosthorn({ url: 'http://127.0.0.1:1', key });
      expect(() => client.connection(id)).toThrow(TypeError);
    },
  );
});

describe('settings', () => {
  it.each([
    [{ url: undefined, key }, /url is missing.*POSTHORN_URL/],
    [{ url: 'http://127.0.0.1', key: undefined }, /key is missing.*POSTHORN_KEY/],
    [{ url: 'posthorn.example.com', key }, /begins with http/],
    [{ url: 'ftp://posthorn.example.com', key }, /begins with http/],
    [{ url: 'https://me:secret@posthorn.example.com', key }, /a user, a query or a fragment/],
    [{ url: 'http://127.0.0.1', key: 'phk_a\nb' }, /key is none/],
  ])('refuses %j with what is missing', (settings, says) => {
    expect(() => createPosthorn(settings)).toThrow(says);
    expect(() => createPosthorn(settings)).not.toThrow(/secret|phk_/);
  });

  it('keeps the path of the URL, for a Posthorn behind a proxy', async () => {
    const { url, calls } = await startEgress(() => ({}));
    const asked: string[] = [];
    const fetchIt: typeof fetch = (input, init) => {
      const asText = input as string;
      asked.push(asText);
      return fetch(asText.replace('/posthorn/', '/'), init);
    };
    await createPosthorn({ url: `${url}/posthorn/`, key, fetch: fetchIt })
      .connection(connectionId)
      .fetch('/a');
    expect(asked).toEqual([`${url}/posthorn/egress/${connectionId}/a`]);
    expect(calls).toHaveLength(1);
  });

  it('has one client a process, configured once; a second one is made expressly', async () => {
    expect(() => posthorn.connection(connectionId)).toThrow(/posthorn.configure/);
    const { url, calls } = await startEgress(() => ({}));
    posthorn.configure({ url, key });
    posthorn.configure({ url: `${url}/`, key });
    expect(() => posthorn.configure({ url, key: 'phk_other' })).toThrow(/createPosthorn/);
    await posthorn.connection(connectionId).fetch('/');
    expect(calls).toHaveLength(1);
  });
});
