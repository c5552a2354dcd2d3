import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { createServer as createTlsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../tests/support/certificates.ts';
import { createTestEgress } from '../../tests/support/egress.ts';
import { response, startRawServer } from '../../tests/support/raw-server.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamFailure, UpstreamRequest } from './upstream-exchange.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Outcome = {
  status: number | null;
  headers: string[];
  body: string;
  trailers: string[] | null;
  failure: UpstreamFailure | null;
};

const patient = { firstByteMs: 10_000, idleMs: 10_000, totalMs: 20_000 };

function send(upstream: Upstream, request: Partial<UpstreamRequest> = {}) {
  const ended = Promise.withResolvers<Outcome>();
  const outcome: Outcome = { status: null, headers: [], body: '', trailers: null, failure: null };
  const full = { method: 'GET', path: '/', headers: [], body: null, timeouts: patient, ...request };
  const exchange = upstream.exchange(full, {
    onHead(status, headers) {
      outcome.status = status;
      outcome.headers = headers;
    },
    onData(chunk) {
      outcome.body += chunk.toString('latin1');
      return true;
    },
    onEnd(trailers) {
      outcome.trailers = trailers;
      ended.resolve(outcome);
    },
    onFailure(failure) {
      outcome.failure = failure;
      ended.resolve(outcome);
    },
  });
  return { exchange, outcome: ended.promise };
}

async function serve(answer: (socket: Socket, request: string, number: number) => void, maxConnections = 8) {
  const server = await startRawServer(answer);
  const egress = createTestEgress();
  cleanups.push(
    () => server.close(),
    () => egress.close(),
  );
  return { server, upstream: egress.upstream({ origin: `http://127.0.0.1:${server.port}`, maxConnections }) };
}

describe('an exchange', () => {
  it('takes any method and path, and hands on head, body and trailers', async () => {
    const { server, upstream } = await serve((socket) =>
      socket.write(
        'HTTP/1.1 207 X\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Umlaut: \xfc\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n',
        'latin1',
      ),
    );
    const { outcome } = send(upstream, { method: 'PROPFIND', path: '/a%20b?c=%2F', headers: ['x-a', '1', 'x-a', '2'] });
    expect(await outcome).toEqual({
      status: 207,
      headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-umlaut', '\xfc', 'transfer-encoding', 'chunked'],
      body: 'abc',
      trailers: ['x-sum', '7'],
      failure: null,
    });
    expect(server.requests[0]).toMatch(/^PROPFIND \/a%20b\?c=%2F HTTP\/1\.1\r\n/);
    expect(server.requests[0]).toMatch(/x-a: 1\r\nx-a: 2\r\n/);
  });

  it('streams a body of unknown length in chunks and one of known length with it', async () => {
    const bodies: unknown[] = [];
    const server = createServer((request, answer) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => {
        bodies.push([request.headers['transfer-encoding'], request.headers['content-length'], size]);
        answer.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const egress = createTestEgress();
    cleanups.push(
      () => server.close(),
      () => egress.close(),
    );
    const { port } = server.address() as AddressInfo;
    const upstream = egress.upstream({ origin: `http://127.0.0.1:${port}`, maxConnections: 1 });
    const pieces = () => Readable.from([Buffer.alloc(70_000), Buffer.alloc(30_000)]);
    await send(upstream, { method: 'POST', body: pieces() }).outcome;
    await send(upstream, { method: 'PUT', body: pieces(), headers: ['content-length', '100000'] }).outcome;
    await send(upstream, { method: 'POST', body: Buffer.from('abc') }).outcome;
    expect(bodies).toEqual([
      ['chunked', undefined, 100_000],
      [undefined, '100000', 100_000],
      [undefined, '3', 3],
    ]);
  });

  it('stops reading when its receiver is full, and goes on when told to', async () => {
    let written = 0;
    const { upstream } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 64000000\r\n\r\n');
      const chunk = Buffer.alloc(64_000);
      const pour = (): void => {
        while (written < 1000) {
          written += 1;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', pour);
      pour();
    });
    let bytes = 0;
    const full = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    let resumes = 0;
    const exchange = upstream.exchange(
      { method: 'GET', path: '/', headers: [], body: null, timeouts: patient },
      {
        onHead: () => undefined,
        onData(chunk) {
          bytes += chunk.length;
          full.resolve();
          return resumes > 0;
        },
        onEnd: () => ended.resolve(),
        onFailure: (failure) => ended.reject(new Error(failure.message)),
      },
    );
    await full.promise;
    // What the kernel holds is bounded: the server cannot write all of it while nobody reads.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(bytes).toBeLessThan(1_000_000);
    resumes = 1;
    exchange.resume();
    await ended.promise;
    expect(bytes).toBe(64_000_000);
  });

  it('knows what opening a connection took, and that a reused one took nothing', async () => {
    const { server, upstream } = await serve((socket) => socket.write(response(200)));
    const first = send(upstream);
    await first.outcome;
    const second = send(upstream);
    await second.outcome;
    expect(first.exchange.timing()).toMatchObject({ dnsMs: null, connectMs: expect.any(Number) });
    expect(second.exchange.timing()).toMatchObject({ connectMs: null, firstByteMs: expect.any(Number) });
    expect(server.connections()).toBe(1);
  });

  it('is over when it is aborted: its connection closes and nothing is called back', async () => {
    const closed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { upstream } = await serve((socket) => {
      socket.on('close', () => closed.resolve());
      arrived.resolve();
    });
    const calls: string[] = [];
    const note = (what: string) => () => {
      calls.push(what);
      return true;
    };
    const exchange = upstream.exchange(
      { method: 'GET', path: '/', headers: [], body: null, timeouts: patient },
      { onHead: note('head'), onData: note('data'), onEnd: note('end'), onFailure: note('failure') },
    );
    await arrived.promise;
    exchange.abort();
    await closed.promise;
    expect(calls).toEqual([]);
  });
});

describe('what goes wrong', () => {
  const hasty = { firstByteMs: 80, idleMs: 5_000, totalMs: 20_000 };

  it('a first byte that does not come: timeout, sent', async () => {
    const { upstream } = await serve(() => undefined);
    const { failure } = await send(upstream, { timeouts: hasty }).outcome;
    expect(failure).toMatchObject({ error: 'timeout', sent: true, message: 'no byte of an answer came within 80 ms' });
  });

  it('an answer that stands still: timeout after its head', async () => {
    const { upstream } = await serve((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'));
    const outcome = await send(upstream, { timeouts: { ...patient, idleMs: 80 } }).outcome;
    expect(outcome).toMatchObject({ status: 200, body: 'abc', failure: { error: 'timeout', receiverStalled: false } });
  });

  it('an answer that drips for ever: ended by the total', async () => {
    const { upstream } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    const { failure } = await send(upstream, { timeouts: { ...patient, totalMs: 200 } }).outcome;
    expect(failure).toMatchObject({ error: 'timeout', message: 'the exchange did not end within 200 ms' });
  });

  it('a receiver that takes nothing: told apart from a server that gives nothing', async () => {
    const { upstream } = await serve((socket) => socket.write(response(200, 'x'.repeat(100_000))));
    const ended = Promise.withResolvers<UpstreamFailure>();
    upstream.exchange(
      { method: 'GET', path: '/', headers: [], body: null, timeouts: { ...patient, idleMs: 80 } },
      {
        onHead: () => undefined,
        onData: () => false,
        onEnd: () => ended.reject(new Error('ended')),
        onFailure: ended.resolve,
      },
    );
    expect(await ended.promise).toMatchObject({ error: 'timeout', receiverStalled: true });
  });

  it.each([
    ['before the head', '', { status: null, failure: { error: 'reset', sent: true } }],
    [
      'in the middle of a body with a length',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc',
      { status: 200, failure: { error: 'reset' } },
    ],
    [
      'in the middle of chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
      { status: 200, failure: { error: 'reset' } },
    ],
  ])('a connection that ends %s: reset', async (_when, head, expected) => {
    const { upstream } = await serve((socket) => socket.end(head));
    expect(await send(upstream).outcome).toMatchObject(expected);
  });

  it('a reset in the middle of a body that ends with its connection: reset, although undici takes it for whole', async () => {
    const { upstream } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc');
      arrived = () => socket.resetAndDestroy();
    });
    let arrived = (): unknown => undefined;
    const failure = Promise.withResolvers<UpstreamFailure>();
    upstream.exchange(
      { method: 'GET', path: '/', headers: [], body: null, timeouts: patient },
      {
        onHead: () => undefined,
        onData: () => {
          arrived();
          return true;
        },
        onEnd: () => failure.reject(new Error('ended')),
        onFailure: failure.resolve,
      },
    );
    expect(await failure.promise).toMatchObject({ error: 'reset', sent: true });
  });

  it('a server that switches protocols unasked: http', async () => {
    const { upstream } = await serve((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    );
    expect(await send(upstream).outcome).toMatchObject({ status: null, failure: { error: 'http' } });
  });

  it('nobody listens: connect, not sent; its body was not read', async () => {
    const { server, upstream } = await serve(() => undefined);
    await server.close();
    let reads = 0;
    const body = new Readable({
      read() {
        reads += 1;
      },
    });
    const { failure } = await send(upstream, { method: 'POST', body }).outcome;
    expect(failure).toMatchObject({ error: 'connect', sent: false });
    expect(body.destroyed).toBe(true);
    expect(reads).toBe(0);
  });

  it('an address or a scheme that the policy refuses: blocked, without a connection', async () => {
    const egress = createTestEgress({ addressPolicy: { allowLoopback: false, allowedNetworks: [] } });
    cleanups.push(() => egress.close());
    const literal = egress.upstream({ origin: 'http://169.254.169.254', maxConnections: 1 });
    expect((await send(literal).outcome).failure).toMatchObject({ error: 'blocked', sent: false });
    const named = egress.upstream({ origin: 'http://inside.example', maxConnections: 1 });
    expect((await send(named).outcome).failure).toMatchObject({ error: 'blocked', sent: false });
  });

  it('closing: those under way fail when the egress ends, later ones at once', async () => {
    const arrived = Promise.withResolvers<void>();
    const server = await startRawServer(() => arrived.resolve());
    cleanups.push(() => server.close());
    const egress = createTestEgress();
    const upstream = egress.upstream({ origin: `http://127.0.0.1:${server.port}`, maxConnections: 1 });
    const underWay = send(upstream).outcome;
    await arrived.promise;
    await egress.close();
    expect((await underWay).failure).toMatchObject({ error: 'reset', sent: true });
    expect((await send(upstream).outcome).failure).toMatchObject({ error: 'reset', sent: false });
  });
});

describe('TLS', () => {
  it('is verified against the name of the origin', async () => {
    const authority = createAuthority();
    const { certPem, keyPem } = authority.issue('DNS:api.example.com');
    const server = createTlsServer({ cert: certPem, key: keyPem }, (_request, answer) => answer.end('safe'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const egress = createTestEgress({ caPem: authority.caPem });
    cleanups.push(
      () => authority.remove(),
      () => server.close(),
      () => egress.close(),
    );
    const { port } = server.address() as AddressInfo;
    const right = egress.upstream({ origin: `https://api.example.com:${port}`, maxConnections: 1 });
    expect(await send(right).outcome).toMatchObject({ status: 200, body: 'safe' });
    const wrong = egress.upstream({ origin: `https://other.example.com:${port}`, maxConnections: 1 });
    expect((await send(wrong).outcome).failure).toMatchObject({ error: 'tls', sent: false });
  });
});
