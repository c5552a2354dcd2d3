import { createHmac, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { portOf, rawClient } from '../../tests/receiving/raw-client.ts';
import {
  aSource,
  documensoBody,
  receiverStand,
  type ReceiverStand,
  secret,
} from '../../tests/receiving/receiver-stand.ts';
import { until } from '../../tests/support/until.ts';
import { createHttpServer } from '../http/server.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import { inboundRoutes } from './inbound.routes.ts';

type Stand = ReceiverStand & { app: FastifyInstance; port: number; logged: string[]; source: SourceConfig };

async function stand(source = aSource(), trustedProxies: string[] = []): Promise<Stand> {
  const at = await receiverStand();
  at.sources.set(source.id, source);
  const logged: string[] = [];
  const log = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }));
  const app = await createHttpServer({
    authentication: { guard: () => (_request, _reply, done) => done() },
    log: { debug: log, info: log, warn: log, error: log },
    version: '0.0.0',
    trustedProxies,
  });
  await app.register(inboundRoutes({ receiver: at.receiver, monotonicMs: () => performance.now() }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  return Object.assign(at, { app, port: portOf(app), logged, source });
}

const signed = { 'content-type': 'application/json', 'x-documenso-secret': secret };
async function send(at: Stand, more: RequestInit = {}, path = `/in/${at.source.id}`): Promise<Response> {
  const init = { method: 'POST', headers: signed, body: documensoBody('e'), ...more };
  return fetch(`http://127.0.0.1:${at.port}${path}`, init);
}
function raw(at: Stand, headers: string[], method = 'POST', version = '1.1'): string {
  const all = ['Host: x', 'Content-Type: application/json', `X-Documenso-Secret: ${secret}`, ...headers];
  return `${method} /in/${at.source.id} HTTP/${version}\r\n${all.join('\r\n')}\r\n\r\n`;
}
const small = documensoBody('e');

describe('any content type', () => {
  test.each([
    ['application/octet-stream', randomBytes(5_000)],
    ['', randomBytes(10)],
    ['not a media type', Buffer.from('x')],
    ['application/json; charset="utf-8', Buffer.from('{"not": "closed"')],
    ['multipart/form-data; boundary=x', Buffer.from('--x\r\n\r\n\0\r\n--x--')],
    ['application/json', Buffer.alloc(0)],
  ])('%j is taken byte for byte', async (contentType, body) => {
    const at = await stand(aSource('goroute'));
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const client = await rawClient(at.port);
    const type = contentType === '' ? [] : [`Content-Type: ${contentType}`];
    const headers = ['Host: x', ...type, `X-GoRoute-Signature: ${signature}`, `Content-Length: ${body.length}`];
    client.write(`POST /in/${at.source.id} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    client.write(body);
    expect(await client.statuses(1)).toEqual([200]);
    const [event] = at.database.events;
    expect(event?.draft.body.equals(body)).toBe(true);
    expect(event?.draft.contentType).toBe(contentType === '' ? 'application/octet-stream' : contentType);
  });
});

describe('what is refused', () => {
  test('is told apart by its status, and on record with its reason', async () => {
    const at = await stand(aSource('documenso', { bodyMaxBytes: 1_000, ratePerSecond: 7 }));
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const tries: [number, RequestInit][] = [
      [401, { headers: { ...signed, 'x-documenso-secret': 'a guess of the secret' } }],
      [401, { headers: { 'content-type': 'application/json' } }],
      [405, { method: 'PUT' }],
      [405, { method: 'DELETE' }],
      [415, { headers: { ...signed, 'content-type': 'text/plain' } }],
      [415, { headers: { ...signed, 'content-encoding': 'gzip' }, body: bomb }],
      [413, { body: 'x'.repeat(1_001) }],
    ];
    for (const [status, init] of tries) expect((await send(at, init)).status).toBe(status);
    expect(at.rejections.map(({ reason }) => reason)).toEqual([
      'signature_mismatch',
      'signature_missing',
      'method_not_taken',
      'method_not_taken',
      'content_type_not_taken',
      'content_encoding_not_taken',
      'body_too_large',
    ]);
    expect(at.rejections.every(({ address }) => address === '127.0.0.1')).toBe(true);
    expect(at.database.events).toEqual([]);
    expect(at.logged.join('\n')).not.toMatch(/a guess of the secret/);
  });

  test('a wrong method is told which are right', async () => {
    const at = await stand(aSource('adobe-sign'));
    for (const method of ['PATCH', 'HEAD', 'OPTIONS']) {
      const answer = await send(at, { method, body: null });
      expect([answer.status, answer.headers.get('allow')], method).toEqual([405, 'GET, POST']);
    }
    const other = aSource();
    at.sources.set(other.id, other);
    for (const method of ['PATCH', 'HEAD', 'OPTIONS']) {
      expect((await send(at, { method, body: null }, `/in/${other.id}`)).headers.get('allow'), method).toBe('POST');
    }
  });

  test('too many say when to come again', async () => {
    const at = await stand(aSource('documenso', { ratePerSecond: 0.5 }));
    expect((await send(at)).status).toBe(200);
    const refused = await send(at);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
  });

  test('a header that comes twice is seen as two', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, [`X-Documenso-Secret: ${secret}`, `Content-Length: ${small.length}`]) + small);
    expect(await client.statuses(1)).toEqual([401]);
    expect(at.rejections).toMatchObject([{ reason: 'signature_repeated' }]);
  });

  test('a source that nobody has is not told from one that is gone', async () => {
    const at = await stand();
    const read = async (path: string) => {
      const answer = await send(at, {}, path);
      const { instance: _instance, ...rest } = (await answer.json()) as Record<string, unknown>;
      const headers = [...answer.headers].filter(([name]) => !['date', 'posthorn-request-id'].includes(name));
      return { status: answer.status, rest, headers };
    };
    const gone = at.source.id;
    at.sources.delete(gone);
    const answers = [await read(`/in/${gone}`), await read(`/in/${aSource().id}`), await read('/in/whatever')];
    expect(answers[0]?.status).toBe(404);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test('a paused source asks to come again later, and is not told of as a rejection', async () => {
    const at = await stand(aSource('documenso', { status: 'paused' }));
    const answer = await send(at);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60']);
    expect(at.rejections).toEqual([]);
  });
});

describe('who sent it', () => {
  const allowAddresses = ['203.0.113.0/24'];
  const forwarded = { ...signed, 'x-forwarded-for': '203.0.113.9' };

  test('is what the peer is, whatever it says, unless the peer is a declared proxy', async () => {
    const open = await stand(aSource('documenso', { allowAddresses }));
    expect((await send(open, { headers: forwarded })).status).toBe(403);
    expect(open.rejections).toMatchObject([{ reason: 'address_not_allowed', address: '127.0.0.1' }]);
    const other = await stand(aSource('documenso', { allowAddresses }), ['10.0.0.0/8']);
    expect((await send(other, { headers: forwarded })).status).toBe(403);
    const behind = await stand(aSource('documenso', { allowAddresses }), ['127.0.0.0/8']);
    expect((await send(behind, { headers: forwarded })).status).toBe(200);
  });

  test('behind a proxy it is the last address that no proxy of ours wrote', async () => {
    const at = await stand(aSource('documenso', { allowAddresses }), ['127.0.0.0/8']);
    const from = (list: string) => send(at, { headers: { ...signed, 'x-forwarded-for': list } });
    expect((await from('203.0.113.9, 198.51.100.1')).status).toBe(403);
    expect((await from('198.51.100.1, 203.0.113.9')).status).toBe(200);
    expect((await from('not an address')).status).toBe(403);
    expect(at.rejections.map(({ address }) => address)).toEqual(['198.51.100.1', 'not an address']);
  });

  test('and by which name is noted of what is verified, as the peer or a declared proxy says', async () => {
    const named = { ...forwarded, 'x-forwarded-host': 'hooks.example.com' };
    const open = await stand(aSource('documenso'));
    expect((await send(open, { headers: named })).status).toBe(200);
    const host = `127.0.0.1:${open.port}`;
    expect(open.arrivals).toEqual([{ address: '127.0.0.1', host, eventId: expect.any(String) }]);
    const behind = await stand(aSource('documenso'), ['127.0.0.0/8']);
    for (let time = 0; time < 2; time += 1) expect((await send(behind, { headers: named })).status).toBe(200);
    expect((await send(behind, { headers: { ...named, 'x-documenso-secret': 'another secret' } })).status).toBe(401);
    const once = { address: '203.0.113.9', host: 'hooks.example.com', eventId: behind.arrivals[0]?.eventId };
    expect(behind.arrivals).toEqual([once, once]);
  });
});

describe('HTTP as it comes', () => {
  test('HTTP/1.0 is answered and closed', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, [`Content-Length: ${small.length}`], 'POST', '1.0') + small);
    expect(await client.statuses(1)).toEqual([200]);
    await client.closed();
    expect(at.database.events).toHaveLength(1);
  });

  test('chunks make one body', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, ['Transfer-Encoding: chunked']));
    for (const part of [small.slice(0, 7), small.slice(7)]) client.write(`${part.length.toString(16)}\r\n${part}\r\n`);
    client.write('0\r\n\r\n');
    expect(await client.statuses(1)).toEqual([200]);
    expect(at.database.events[0]?.draft.body.toString()).toBe(small);
  });

  test('who waits for 100 Continue is told to', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, ['Expect: 100-continue', `Content-Length: ${small.length}`]));
    expect(await client.statuses(1)).toEqual([100]);
    client.write(small);
    expect(await client.statuses(2)).toEqual([100, 200]);
  });

  test.each<[string, (at: Stand) => string, number, string[]]>([
    ['too large a body', (at) => raw(at, ['Content-Length: 41943040']), 413, ['body_too_large']],
    ['an unknown source', (at) => raw(at, ['Content-Length: 9']).replace(at.source.id, aSource().id), 404, []],
    ['a wrong method', (at) => raw(at, ['Content-Length: 9'], 'PUT'), 405, ['method_not_taken']],
    [
      'chunks in a coding',
      (at) => raw(at, ['Transfer-Encoding: chunked', 'Content-Encoding: br']),
      415,
      ['content_encoding_not_taken'],
    ],
  ])('who waits for 100 Continue with %s is refused without it, at once', async (_what, head, status, reasons) => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(head(at).replace('Host: x', 'Host: x\r\nExpect: 100-continue'));
    await client.closed();
    expect(await client.statuses(1)).toEqual([status]);
    expect(client.received()).toMatch(/\r\nconnection: close\r\n/i);
    expect(at.rejections.map(({ reason }) => reason)).toEqual(reasons);
  });

  test('who waits for 100 Continue elsewhere is told to before anything is judged', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write('POST /elsewhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    expect(await client.statuses(2)).toEqual([100, 404]);
  });

  test('a length that is too short leaves a rest that is no request, and ends the connection', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, [`Content-Length: ${small.length - 10}`]) + small);
    await client.closed();
    expect((await client.statuses(1)).at(-1)).toBe(400);
    expect(at.database.events.map(({ draft }) => draft.type)).not.toContain('DOCUMENT_SIGNED');
    expect((await send(at)).status).toBe(200);
  });

  test.each([
    [['Content-Length: 10', 'Content-Length: 11']],
    [['Content-Length: 10', 'Transfer-Encoding: chunked']],
    [['Content-Length: ten']],
    [['Content-Length: -1']],
    [['Transfer-Encoding: gzip, chunked', 'Content-Length: 5']],
  ])('lengths that nobody can make sense of are refused: %j', async (headers) => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(`${raw(at, headers)}0\r\n\r\n`);
    expect(await client.statuses(1)).toEqual([400]);
    await client.closed();
    expect(at.database.events).toEqual([]);
  });

  test('a sender who goes away in the middle makes no event, no error and no line', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, [`Content-Length: ${small.length}`]) + small.slice(0, 10));
    await until('it to be there', () => at.app.server.listening);
    client.socket.destroy();
    expect((await send(at)).status).toBe(200);
    expect(at.database.events).toHaveLength(1);
    expect(at.logged).toEqual([]);
  });

  test('several requests on one connection are answered in their order', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    const bodies = ['a', 'b', 'c'].map((envelope) => documensoBody(envelope));
    client.write(bodies.map((body) => raw(at, [`Content-Length: ${body.length}`]) + body).join(''));
    expect(await client.statuses(3)).toEqual([200, 200, 200]);
    expect(at.database.events.map(({ draft }) => draft.orderingKey)).toEqual(['a', 'b', 'c']);
  });
});

describe('a body that nobody wants', () => {
  test('is read off, and the connection can be used again', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    const body = 'x'.repeat(3_000_000);
    client.write(raw(at, [`Content-Length: ${body.length}`]).replace(at.source.id, aSource().id));
    expect(await client.statuses(1)).toEqual([404]);
    client.write(body);
    client.write(raw(at, [`Content-Length: ${small.length}`]) + small);
    expect(await client.statuses(2)).toEqual([404, 200]);
  });

  test.each(['declared', 'chunked'])(
    'over the limit, %s: whoever writes all of it first gets the answer',
    async (how) => {
      const at = await stand(aSource('documenso', { bodyMaxBytes: 1_000 }));
      const client = await rawClient(at.port);
      const body = 'x'.repeat(5_000_000);
      if (how === 'declared') client.write(raw(at, [`Content-Length: ${body.length}`]) + body);
      else
        client.write(`${raw(at, ['Transfer-Encoding: chunked'])}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
      await until('all of it to be written', () => client.socket.writableLength === 0);
      expect(await client.statuses(1)).toEqual([413]);
      expect(client.received()).toMatch(/payload_too_large/);
      expect(at.rejections).toMatchObject([{ reason: 'body_too_large' }]);
    },
  );

  test('of a size that is absurd is answered at once', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, ['Content-Length: 100000000000']));
    expect(await client.statuses(1)).toEqual([413]);
    await client.closed();
  });

  test('without an end is cut off', async () => {
    const at = await stand();
    const client = await rawClient(at.port);
    client.write(raw(at, ['Transfer-Encoding: chunked']).replace(at.source.id, aSource().id));
    expect(await client.statuses(1)).toEqual([404]);
    const chunk = Buffer.alloc(1_000_000, 'x');
    const part = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
    let written = 0;
    const pour = (): void => {
      while (written < 200 && client.socket.writable && client.socket.write(part)) written += 1;
      written += 1;
    };
    client.socket.on('drain', pour);
    pour();
    await client.closed();
    expect(written).toBeLessThan(200);
  });
});
