import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answered, createTestEgress, failed, post } from '../../tests/support/egress.ts';
import { response, startRawServer } from '../../tests/support/raw-server.ts';
import type { EgressOptions } from './create-egress.ts';
import type { ExchangeResult } from './exchange-result.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(
  answer: (socket: Socket, request: string, number: number) => void,
  options: Partial<EgressOptions> & { maxConnections?: number } = {},
) {
  const server = await startRawServer(answer);
  const egress = createTestEgress(options);
  cleanups.push(
    () => server.close(),
    () => egress.close(),
  );
  const url = `http://receiver.test:${server.port}/hooks?x=%20y`;
  return { server, egress, destination: egress.destination({ url, maxConnections: options.maxConnections ?? 1 }) };
}

describe('an exchange', () => {
  it('sends the bytes and headers it is given, and its own', async () => {
    const { server, destination } = await serve((socket) => socket.write(response(200)));
    const result = new Promise<ExchangeResult>((resolve) => {
      destination.post(['webhook-id', 'msg_1'], Buffer.from([0, 255, 13, 10]), 5000, resolve);
    });
    await answered(result);
    expect(server.requests[0]!.split('\r\n')).toEqual([
      'POST /hooks?x=%20y HTTP/1.1',
      `host: receiver.test:${server.port}`,
      'connection: keep-alive',
      'webhook-id: msg_1',
      'user-agent: posthorn-test',
      'content-length: 4',
      '',
      '\u0000\u00ff',
      '',
    ]);
  });

  it('reports the response as received, with what each part took', async () => {
    const { destination } = await serve((socket) =>
      socket.write(response(503, 'busy', { 'Retry-After': '7', 'Set-Cookie': 'a=1', 'set-cookie': 'b=2' })),
    );
    const result = await answered(post(destination));
    expect(result).toMatchObject({ status: 503, bodyTruncated: false, reusedConnection: false });
    expect(result.body.toString()).toBe('busy');
    expect(result.headers).toEqual([
      'retry-after',
      '7',
      'set-cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'content-length',
      '4',
    ]);
    const { dnsMs, connectMs, tlsMs, firstByteMs, totalMs } = result.timing;
    expect(tlsMs).toBeNull();
    for (const ms of [dnsMs, connectMs, firstByteMs, totalMs]) expect(ms! * 10).toBe(Math.round(ms! * 10));
    expect(firstByteMs!).toBeGreaterThanOrEqual(connectMs!);
    expect(totalMs).toBeGreaterThanOrEqual(firstByteMs!);
  });

  it('reuses a connection, and says so', async () => {
    const { server, destination } = await serve((socket) => socket.write(response(200)));
    await answered(post(destination));
    const second = await answered(post(destination));
    expect(second.reusedConnection).toBe(true);
    expect(second.timing).toMatchObject({ dnsMs: null, connectMs: null, tlsMs: null });
    expect(server.connections()).toBe(1);
  });

  it('does not use a connection that is older than five minutes', async () => {
    let now = 0;
    const { server, destination } = await serve((socket) => socket.write(response(200)), { nowMs: () => now });
    await answered(post(destination));
    now += 299_000;
    expect(await answered(post(destination))).toMatchObject({ reusedConnection: true });
    now += 2000;
    expect(await answered(post(destination))).toMatchObject({ reusedConnection: false });
    expect(server.connections()).toBe(2);
  });

  it('can be followed by another from within its callback', async () => {
    const { server, destination } = await serve((socket) => socket.write(response(200)));
    const all = Promise.withResolvers<void>();
    let left = 50;
    const next = (result: ExchangeResult): void => {
      expect(result.kind).toBe('response');
      left -= 1;
      if (left === 0) all.resolve();
      else destination.post([], Buffer.from('x'), 5000, next);
    };
    destination.post([], Buffer.from('x'), 5000, next);
    await all.promise;
    expect(server.connections()).toBe(1);
  });

  it('follows on from a response that closed the connection', async () => {
    const { server, destination } = await serve((socket) => socket.end(response(200, '', { connection: 'close' })));
    const second = Promise.withResolvers<ExchangeResult>();
    destination.post([], Buffer.from('x'), 5000, () => destination.post([], Buffer.from('x'), 5000, second.resolve));
    expect(await answered(second.promise)).toMatchObject({ status: 200, reusedConnection: false });
    expect(await answered(post(destination))).toMatchObject({ status: 200, reusedConnection: false });
    expect(server.connections()).toBe(3);
  });

  it('keeps to its number of connections, and makes more exchanges wait', async () => {
    const held: Socket[] = [];
    const arrived = Promise.withResolvers<void>();
    const { server, destination } = await serve(
      (socket) => {
        held.push(socket);
        if (held.length === 2) arrived.resolve();
        if (held.length > 2) socket.write(response(200));
      },
      { maxConnections: 2 },
    );
    const all = Promise.all(Array.from({ length: 6 }, () => answered(post(destination))));
    await arrived.promise;
    for (const socket of held) socket.write(response(200));
    expect(await all).toHaveLength(6);
    expect(server.connections()).toBe(2);
  });

  it('does not follow a redirect', async () => {
    const { server, destination } = await serve((socket) =>
      socket.write(response(307, '', { location: 'http://169.254.169.254/' })),
    );
    expect(await answered(post(destination))).toMatchObject({ status: 307 });
    expect(server.requests).toHaveLength(1);
  });

  it('leaves a compressed body as it is and does not ask for one', async () => {
    const { server, destination } = await serve((socket) =>
      socket.write(response(200, '\x1f\x0bx', { 'content-encoding': 'gzip' })),
    );
    expect((await answered(post(destination))).body.toString()).toBe('\x1f\x0bx');
    expect(server.requests[0]).not.toMatch(/accept-encoding/i);
  });

  it('takes informational responses for no answer', async () => {
    const { destination } = await serve((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${response(204)}`),
    );
    expect(await answered(post(destination))).toMatchObject({ status: 204 });
  });

  it('keeps at most 64 headers and 16 kB of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x-${at}`, 'v']));
    const { destination } = await serve((socket, _request, number) =>
      socket.write(response(200, '', number === 0 ? many : { 'x-a': 'v'.repeat(10_000), 'x-b': 'v'.repeat(10_000) })),
    );
    expect((await answered(post(destination))).headers).toHaveLength(128);
    expect((await answered(post(destination))).headers).toEqual(['x-a', 'v'.repeat(10_000)]);
  });

  it('joins a body of many pieces', async () => {
    const letters = Array.from({ length: 30_000 }, (_, at) => String.fromCharCode(97 + (at % 26)));
    const pieces = letters.map((letter) => `1\r\n${letter}\r\n`).join('');
    const { destination } = await serve((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`),
    );
    const result = await answered(post(destination));
    expect(result.body.toString()).toBe(letters.join(''));
    expect(result.bodyTruncated).toBe(false);
  });

  it('keeps a body of exactly the limit whole and cuts a longer one', async () => {
    const { destination } = await serve(
      (socket, _request, number) => socket.write(response(200, 'x'.repeat(100 + number))),
      { maxResponseBytes: 100 },
    );
    expect(await answered(post(destination))).toMatchObject({ bodyTruncated: false });
    const longer = await answered(post(destination));
    expect(longer.bodyTruncated).toBe(true);
    expect(longer.body).toHaveLength(100);
  });
});

describe('servers that misbehave', () => {
  it('send an endless body: the answer counts, cut at 64 kB, and the connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    const { server, destination } = await serve((socket, _request, number) => {
      if (number > 0) {
        socket.write(response(200));
        return;
      }
      socket.on('close', () => closed.resolve());
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pour = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(10_000)));
      };
      socket.on('drain', pour);
      pour();
    });
    const result = await answered(post(destination));
    expect(result).toMatchObject({ status: 200, bodyTruncated: true });
    expect(result.body).toHaveLength(65_536);
    await closed.promise;
    expect(await answered(post(destination))).toMatchObject({ reusedConnection: false });
    expect(server.connections()).toBe(2);
  });

  it('hang before answering: timeout', async () => {
    const { server, destination } = await serve(() => undefined);
    expect(await failed(post(destination, 100))).toMatchObject({
      error: 'timeout',
      stage: 'during',
      reusedConnection: false,
      timing: { firstByteMs: null },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('let the first byte wait: timeout long before the whole exchange', async () => {
    const { destination } = await serve(() => undefined, {
      timeouts: { dnsMs: 5000, connectMs: 5000, firstByteMs: 50 },
    });
    const result = await failed(post(destination, 60_000));
    expect(result).toMatchObject({ error: 'timeout', message: 'no byte of a response came in time' });
    expect(result.timing.totalMs).toBeLessThan(10_000);
  });

  it('drip a body: timeout, with the status kept', async () => {
    const { destination } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    const result = await failed(post(destination, 150));
    expect(result).toMatchObject({
      error: 'timeout',
      stage: 'during',
      partial: { status: 200, headers: ['x-a', '1', 'content-length', '1000'] },
    });
    expect(result.partial?.body.toString()).toMatch(/^x{1,999}$/);
    expect(result.timing.firstByteMs).not.toBeNull();
  });

  it('drip their headers: timeout', async () => {
    const { destination } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-a: 1\r\n'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await failed(post(destination, 150))).toMatchObject({ error: 'timeout', stage: 'during' });
  });

  it('reset before answering: reset', async () => {
    const { destination } = await serve((socket) => socket.resetAndDestroy());
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'reset', stage: 'during', reusedConnection: false });
    expect(result).not.toHaveProperty('partial');
  });

  it('close a connection that is reused: reset, known to be reused, and the next exchange works', async () => {
    const { destination } = await serve((socket, _request, number) => {
      if (number === 1) socket.destroy();
      else socket.write(response(200));
    });
    await answered(post(destination));
    expect(await failed(post(destination))).toMatchObject({
      error: 'reset',
      reusedConnection: true,
      timing: { connectMs: null, firstByteMs: null },
    });
    await answered(post(destination));
  });

  it('reset after the headers: reset, with the status kept', async () => {
    const { destination } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', () => socket.resetAndDestroy());
    });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'reset', partial: { status: 200 } });
    expect(result.partial?.body.toString()).toBe('abc');
  });

  it.each([
    ['speak no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['send two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['send headers without end', `HTTP/1.1 200 OK\r\nx-a: ${'v'.repeat(100_000)}`],
    ['switch protocols', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ])('%s: http', async (_what, answer) => {
    const { destination } = await serve((socket) => socket.write(answer));
    expect(await failed(post(destination))).toMatchObject({ error: 'http', stage: 'during' });
  });

  it('refuse connections: connect', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const address = free.address();
    free.close();
    await once(free, 'close');
    const egress = createTestEgress();
    cleanups.push(() => egress.close());
    const port = typeof address === 'object' ? address!.port : 0;
    const destination = egress.destination({ url: `http://127.0.0.1:${port}/secret-path`, maxConnections: 1 });
    const result = await failed(post(destination));
    expect(result).toMatchObject({ error: 'connect', stage: 'before' });
    expect(result.message).toBe(`connecting to port ${port} failed (ECONNREFUSED)`);
  });
});

describe('a request that cannot be sent', () => {
  it('fails as http without a connection, after post has returned', async () => {
    const { server, destination } = await serve((socket) => socket.write(response(200)));
    let returned = false;
    const result = new Promise<ExchangeResult>((resolve) => {
      destination.post(['x-a', 'one\r\nhost: evil'], Buffer.from(''), 5000, (given) => {
        expect(returned).toBe(true);
        resolve(given);
      });
      returned = true;
    });
    expect(await failed(result)).toMatchObject({ error: 'http', stage: 'before' });
    expect(server.connections()).toBe(0);
    await answered(post(destination));
  });
});

describe('closing', () => {
  it('a destination lets exchanges under way finish and takes no more', async () => {
    const arrived = Promise.withResolvers<Socket>();
    const { destination } = await serve((socket) => arrived.resolve(socket));
    const underWay = answered(post(destination));
    const socket = await arrived.promise;
    const closed = destination.close();
    expect(await failed(post(destination))).toMatchObject({ error: 'reset', stage: 'before' });
    socket.write(response(200));
    await underWay;
    await closed;
  });

  it('the egress ends everything at once', async () => {
    const arrived = Promise.withResolvers<void>();
    const { egress, destination } = await serve(() => arrived.resolve(), { maxConnections: 1 });
    const underWay = failed(post(destination));
    const waiting = failed(post(destination));
    await arrived.promise;
    await egress.close();
    expect(await underWay).toMatchObject({ error: 'reset', stage: 'during' });
    expect(await waiting).toMatchObject({ error: 'reset', stage: 'before' });
  });

  it('drops an idle connection that its server closes', async () => {
    const closed = Promise.withResolvers<void>();
    const { server, destination } = await serve((socket) => {
      socket.on('close', () => closed.resolve());
      socket.end(response(200));
    });
    await answered(post(destination));
    await closed.promise;
    await answered(post(destination));
    expect(server.connections()).toBe(2);
  });
});
