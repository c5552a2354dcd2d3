import { once } from 'node:events';
import { createServer, request as requestOver, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { provider, raw, stand, upload } from '../../tests/support/calling-scene.ts';
import { createAuthority } from '../../tests/support/certificates.ts';
import { until } from '../../tests/support/until.ts';

const hundred = 100_000_000;
const chunk = Buffer.alloc(100_000, 'x');
function* pieces(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}

/** Reads and drops. `almost` is called when nine tenths of 100 MB have come. */
async function count(stream: AsyncIterable<Buffer>, almost = (): void => undefined): Promise<number> {
  let bytes = 0;
  for await (const piece of stream) {
    const wasBelow = bytes < hundred * 0.9;
    bytes += piece.length;
    if (wasBelow && bytes >= hundred * 0.9) almost();
  }
  return bytes;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that somebody holds, garbage aside. */
function bytesInUse(): number {
  // Twice: the memory of buffers is swept by the next one.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('large bodies', () => {
  test('of 100 MB pass up and down, over TLS, in flat memory', { timeout: 120_000 }, async () => {
    const authority = createAuthority();
    const { certPem, keyPem } = authority.issue('DNS:api.example.com');
    const inUse: number[] = [];
    const measure = (): void => void inUse.push(bytesInUse());
    const server = createTlsServer({ cert: certPem, key: keyPem }, (request, response) => {
      void count(request, measure).then((bytes) => {
        response.writeHead(200, { 'content-length': String(hundred), 'x-uploaded': String(bytes) });
        Readable.from(pieces(hundred)).pipe(response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => authority.remove());
    onTestFinished(() => void server.close());
    const calling = await stand({ egress: { caPem: authority.caPem } });
    const { port } = server.address() as AddressInfo;
    const connection = calling.connect(`https://api.example.com:${port}`);
    const call = async (): Promise<unknown[]> => {
      const framing = { 'content-length': String(hundred) };
      const answer = await upload(calling, connection.id, pieces(hundred), framing);
      return [answer.headers['x-uploaded'], await count(answer, measure)];
    };
    const before = bytesInUse();
    expect(await call()).toEqual([String(hundred), hundred]);
    // Provider, gateway and caller share this process, with their buffers.
    expect(inUse).toHaveLength(2);
    expect(Math.max(...inUse) - before).toBeLessThan(20_000_000);
    const [end] = calling.ledger.ended;
    expect(end).toMatchObject({ requestBytes: hundred, responseBytes: hundred, error: null });
  });

  test('that the caller does not read are not read from the provider either', async () => {
    let written = 0;
    const api = await raw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${hundred}\r\n\r\n`);
      const pour = (): void => {
        while (written < hundred) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', pour);
      pour();
    });
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const caller = connect(calling.port, '127.0.0.1');
    caller.write(`GET /egress/${id}/x HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\n\r\n`);
    await once(caller, 'readable');
    caller.pause();
    let before = -1;
    // The kernel's buffers fill up, and then nothing moves any more.
    await until(
      'the flow to stop',
      () => {
        const stopped = written === before;
        before = written;
        return stopped;
      },
      { everyMs: 100 },
    );
    expect(written).toBeLessThan(hundred / 2);
    caller.destroy();
    expect(await calling.ledger.nextEnd()).toMatchObject({ error: 'caller_gone', status: 200 });
  });

  test('of unknown length stream as chunks once they are larger than what is kept', async () => {
    const api = await provider((request, response) =>
      response.end(`${String(request.headers['transfer-encoding'])} ${request.body.length}`),
    );
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { retries: { bufferBytes: 1_000 } } });
    const upload = async (bytes: number) => {
      const request = requestOver({
        port: calling.port,
        host: '127.0.0.1',
        path: `/egress/${connection.id}/x`,
        method: 'POST',
        agent: false,
        headers: { 'posthorn-key': calling.operatorKey },
      });
      Readable.from(pieces(bytes)).pipe(request);
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      return (await answer.setEncoding('utf8').toArray()).join('');
    };
    expect(await upload(900)).toBe('undefined 900');
    expect(await upload(1_000_000)).toBe('chunked 1000000');
  });

  test('may take longer than other requests to arrive', async () => {
    const api = await provider((request, response) => response.end(String(request.body.length)));
    const calling = await stand({ limits: { requestTimeoutMs: 300, headersTimeoutMs: 100 } });
    const { id } = calling.connect(api.url);
    const request = requestOver({
      port: calling.port,
      host: '127.0.0.1',
      path: `/egress/${id}/x`,
      method: 'POST',
      agent: false,
      headers: { 'posthorn-key': calling.operatorKey, 'content-length': '3' },
    });
    request.write('a');
    // As long as it takes Node to notice, and longer.
    const began = performance.now();
    await until('the limit of other requests to be over', () => performance.now() - began > 900);
    request.end('bc');
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect((await answer.setEncoding('utf8').toArray()).join('')).toBe('3');
  });
});

describe('a provider that breaks off', () => {
  test.each([
    ['with a length', 'content-length: 100'],
    ['in chunks', 'transfer-encoding: chunked'],
  ])('in the middle of a body %s: so does the answer, on record', async (_how, framing) => {
    const api = await raw((socket) => {
      const body = framing.startsWith('content') ? 'abc' : '3\r\nabc\r\n';
      socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`, () => setImmediate(() => socket.resetAndDestroy()));
    });
    const calling = await stand();
    const ended = calling.ledger.nextEnd();
    await expect(calling.call(calling.connect(api.url), '/x')).rejects.toThrow(/ECONNRESET|aborted|hang up/);
    expect(await ended).toMatchObject({ status: 200, answered: 200, error: 'reset' });
    expect(api.requests).toHaveLength(1);
  });

  test('of a body that ends with the connection: the caller of HTTP/1.0 is reset as well', async () => {
    const sockets: Socket[] = [];
    const api = await raw((socket) => {
      sockets.push(socket);
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc');
    });
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const caller = connect(calling.port, '127.0.0.1');
    const failed = once(caller, 'error').then(([error]) => (error as NodeJS.ErrnoException).code);
    caller.on('end', () => caller.emit('error', new Error('ended as if it were whole')));
    caller.write(`GET /egress/${id}/x HTTP/1.0\r\nposthorn-key: ${calling.operatorKey}\r\n\r\n`);
    let got = '';
    caller.setEncoding('latin1').on('data', (text: string) => {
      got += text;
      if (got.endsWith('abc')) sockets[0]?.resetAndDestroy();
    });
    expect(await failed).toBe('ECONNRESET');
  });

  test('before its head: 502, tried again where that is safe', async () => {
    const api = await raw((socket) => socket.resetAndDestroy());
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { retries: { baseMs: 1 } } });
    const get = await calling.call(connection, '/x');
    expect(get).toMatchObject({
      status: 502,
      json: { code: 'provider_unreachable' },
      headers: { 'posthorn-attempts': '3' },
    });
    expect(api.requests).toHaveLength(3);
    const post = await calling.call(connection, '/x', { method: 'POST', body: 'x' });
    expect(post).toMatchObject({ status: 502, headers: { 'posthorn-attempts': '1' } });
    expect(post.json['detail']).toContain('Whether it was done is not known');
    expect(api.requests).toHaveLength(4);
  });
});

describe('a caller that goes away', () => {
  test('ends the exchange, and is on record', async () => {
    const closed = Promise.withResolvers<void>();
    const api = await raw((socket) => {
      socket.on('close', () => closed.resolve());
      caller.destroy();
    });
    const calling = await stand();
    const { id } = calling.connect(api.url);
    const ended = calling.ledger.nextEnd();
    const caller = connect(calling.port, '127.0.0.1');
    caller.write(`GET /egress/${id}/x HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\n\r\n`);
    await closed.promise;
    expect(await ended).toMatchObject({
      error: 'caller_gone',
      status: null,
      answered: 499,
      tries: [{ status: null, error: 'caller_gone' }],
    });
    expect(calling.calling.figures.underWay).toBe(0);
  });

  test('in the middle of its upload reaches the provider as a broken request, never as a whole one', async () => {
    const events: string[] = [];
    const server = createServer((request) => {
      request.on('data', () => caller.destroy());
      request.on('end', () => events.push('end'));
      request.on('close', () => events.push(request.complete ? 'complete' : 'broken'));
      request.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const calling = await stand();
    const { port } = server.address() as AddressInfo;
    const connection = calling.connect(`http://127.0.0.1:${port}`, { policy: { retries: { bufferBytes: 0 } } });
    const ended = calling.ledger.nextEnd();
    const caller = connect(calling.port, '127.0.0.1');
    caller.write(
      `POST /egress/${connection.id}/x HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    );
    expect(await ended).toMatchObject({ error: 'caller_gone' });
    await until('the provider to notice', () => events.length > 0);
    expect(events).toEqual(['broken']);
  });

  test('while another try is waited for ends the answer that was held back', async () => {
    const closed = Promise.withResolvers<void>();
    const api = await raw((socket) => {
      socket.on('close', () => closed.resolve());
      // Longer than what is held: the exchange stands still meanwhile.
      socket.write(`HTTP/1.1 503 X\r\nretry-after: 20\r\ncontent-length: 900000\r\n\r\n${'x'.repeat(200_000)}`);
    });
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { breaker: { minimumCalls: 1 } } });
    const ended = calling.ledger.nextEnd();
    const caller = connect(calling.port, '127.0.0.1');
    caller.write(`GET /egress/${connection.id}/x HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\n\r\n`);
    const breaker = () => calling.calling.health(connection).breaker;
    await until('the answer to be judged', () => breaker() === 'open');
    caller.destroy();
    await closed.promise;
    expect(await ended).toMatchObject({ error: 'caller_gone', tries: [{ status: 503, error: 'provider_failed' }] });
  });

  test('leaves its place to the next one', async () => {
    let isFirst = true;
    const api = await raw((socket) => {
      if (isFirst) caller.destroy();
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      isFirst = false;
    });
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { concurrency: { most: 1 } } });
    const caller = connect(calling.port, '127.0.0.1');
    const ended = calling.ledger.nextEnd();
    caller.write(`GET /egress/${connection.id}/x HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\n\r\n`);
    await ended;
    expect((await calling.call(connection, '/x')).status).toBe(200);
  });
});

describe('time', () => {
  test.each([
    ['no first byte', { firstByteMs: 80 }, ''],
    ['a head that drips', { totalMs: 300, idleMs: 80 }, 'HTTP/1.1 200 OK\r\nx-a: '],
  ])('%s: 504', async (_what, timeouts, head) => {
    const api = await raw((socket) => socket.write(head));
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { timeouts, retries: { most: 0 } } });
    const answer = await calling.call(connection, '/x');
    expect(answer).toMatchObject({ status: 504, json: { code: 'provider_timeout' } });
    expect(calling.ledger.ended).toMatchObject([{ error: 'timeout', status: null, answered: 504 }]);
  });

  test('a body that stands still breaks the answer off', async () => {
    const api = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
    const calling = await stand();
    const connection = calling.connect(api.url, { policy: { timeouts: { idleMs: 80 } } });
    await expect(calling.call(connection, '/x')).rejects.toThrow(/ECONNRESET|aborted/);
    expect(calling.ledger.ended).toMatchObject([{ error: 'timeout', status: 200 }]);
  });

  test('a caller that trickles its body is told', async () => {
    const calling = await stand();
    const { id } = calling.connect('http://127.0.0.1:1', { policy: { timeouts: { idleMs: 80 } } });
    const caller = connect(calling.port, '127.0.0.1');
    onTestFinished(() => void caller.destroy());
    caller.write(
      `POST /egress/${id}/x HTTP/1.1\r\nhost: a\r\nposthorn-key: ${calling.operatorKey}\r\ncontent-length: 10\r\n\r\nabc`,
    );
    const [text] = (await once(caller, 'data')) as [Buffer];
    expect(text.toString()).toMatch(/^HTTP\/1\.1 408 [\s\S]*request_timeout/);
  });
});

describe('the connection of the caller', () => {
  test('is used again after a provider answered without reading the body', async () => {
    const api = await raw((socket, request) => {
      if (request.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    const early = createServer((_request, response) => response.writeHead(413).end('too large')).listen(0, '127.0.0.1');
    await once(early, 'listening');
    onTestFinished(() => void early.close());
    const calling = await stand();
    const { port } = early.address() as AddressInfo;
    const refusing = calling.connect(`http://127.0.0.1:${port}`, { policy: { retries: { bufferBytes: 0 } } });
    const fine = calling.connect(api.url);
    const caller = connect(calling.port, '127.0.0.1');
    onTestFinished(() => void caller.destroy());
    let got = '';
    caller.setEncoding('latin1').on('data', (text: string) => {
      got += text;
    });
    const head = `host: a\r\nposthorn-key: ${calling.operatorKey}\r\n`;
    caller.write(`POST /egress/${refusing.id}/x HTTP/1.1\r\n${head}content-length: 500000\r\n\r\nx`);
    await until('the early answer', () => got.includes('too large'));
    caller.write(Buffer.alloc(499_999));
    caller.write(`GET /egress/${fine.id}/x HTTP/1.1\r\n${head}\r\n`);
    await until('the second answer', () => got.endsWith('ok'));
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });
});
