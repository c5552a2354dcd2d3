import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { until } from '../../tests/support/until.ts';
import { BodyBudget } from '../blobs/body-budget.ts';
import { type BodyReading, readBody } from './read-body.ts';

const kB = 1024;
const MB = 1024 * kB;
const limits = { totalBytes: 8 * MB, ownerBytes: 6 * MB };

let server: Server;
let budget: BodyBudget;
let nowMs: number;
let readings: BodyReading[];
/** Requests whose body is being read, and how to read the next ones. */
let arrived: IncomingMessage[];
let maxBytes: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  // What runs by these is judged by the test's own time; sockets go on.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  budget = new BodyBudget(limits);
  [nowMs, readings, arrived, maxBytes] = [0, [], [], 4 * MB];
  const of = { readings, arrived, budget };
  server = createServer((request, response) => void answer(request, response, of));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  server.closeAllConnections();
  vi.useRealTimers();
  await once(server, 'close');
});

type OfTest = { readings: BodyReading[]; arrived: IncomingMessage[]; budget: BodyBudget };

async function answer(request: IncomingMessage, response: ServerResponse, of: OfTest): Promise<void> {
  of.arrived.push(request);
  const length = request.headers['content-length'];
  const reading = await readBody(request, {
    declaredBytes: length === undefined ? null : Number(length),
    maxBytes,
    owner: request.headers['x-owner'] as string,
    budget: of.budget,
    monotonicMs: () => nowMs,
  });
  of.readings.push(reading);
  response.end(reading.kind);
}

async function connectOnly(): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function open(head: string, owner = 'a'): Promise<Socket> {
  const socket = await connectOnly();
  const before = arrived.length;
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nX-Owner: ${owner}\r\n${head}\r\n\r\n`);
  await until('the head', () => arrived.length > before);
  return socket;
}
const declared = (bytes: number): string => `Content-Length: ${bytes}`;
const chunked = 'Transfer-Encoding: chunked';
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const lastChunk = '0\r\n\r\n';

/** The next reading that ends. */
async function ended(count = 1): Promise<BodyReading> {
  await until(`${count} bodies`, () => readings.length >= count);
  return readings[count - 1] as BodyReading;
}
function bodyOf(reading: BodyReading): Buffer {
  if (reading.kind !== 'read') throw new Error(`it was ${reading.kind}`);
  return reading.body;
}
function pass(ms: number): void {
  nowMs += ms;
  vi.advanceTimersByTime(ms);
}
const bytesOf = (size: number): Buffer => Buffer.alloc(size, 'abcdefghij');

describe('a body of declared length', () => {
  test.each([0, 1, 64 * kB, 64 * kB + 1, 3 * MB])('of %i bytes comes as it was sent', async (size) => {
    const socket = await open(declared(size));
    const sent = bytesOf(size);
    for (let at = 0; at < size; at += 100_000) socket.write(sent.subarray(at, at + 100_000));
    const reading = await ended();
    expect(bodyOf(reading).equals(sent)).toBe(true);
    expect(budget.used).toBe(size > 64 * kB ? size : 0);
    if (reading.kind === 'read') reading.release();
    expect(budget.used).toBe(0);
  });

  test('over the limit is refused without being read, and takes no room', async () => {
    await open(declared(4 * MB + 1));
    expect((await ended()).kind).toBe('too-large');
    expect(budget.used).toBe(0);
  });

  test('waits unread while there is no room for it', async () => {
    const first = await open(declared(4 * MB));
    const second = await open(declared(3 * MB));
    second.write(bytesOf(3 * MB));
    first.write(bytesOf(4 * MB));
    const held = await ended();
    expect(readings).toHaveLength(1);
    // What its socket had already brought is all that there is of it.
    expect((arrived[1] as IncomingMessage).readableLength).toBeLessThan(1 * MB);
    if (held.kind === 'read') held.release();
    expect(bodyOf(await ended(2)).length).toBe(3 * MB);
  });

  test("another owner's body does not wait for it", async () => {
    const slow = [await open(declared(3 * MB), 'a'), await open(declared(3 * MB), 'a')];
    const waiting = await open(declared(1 * MB), 'a');
    waiting.write(bytesOf(1 * MB));
    const other = await open(declared(2 * MB), 'b');
    other.write(bytesOf(2 * MB));
    expect(bodyOf(await ended()).length).toBe(2 * MB);
    expect(slow).toHaveLength(2);
    expect(readings).toHaveLength(1);
  });
});

describe('a body of no declared length', () => {
  test.each([0, 1, 64 * kB + 1, 3 * MB])('of %i bytes comes as it was sent', async (size) => {
    const socket = await open(chunked);
    const sent = bytesOf(size);
    for (let at = 0; at < size; at += 50_000) socket.write(chunk(sent.subarray(at, at + 50_000)));
    socket.write(lastChunk);
    const reading = await ended();
    expect(bodyOf(reading).equals(sent)).toBe(true);
    expect(budget.used).toBeGreaterThanOrEqual(size > 64 * kB ? size : 0);
    expect(budget.used).toBeLessThanOrEqual(size > 64 * kB ? maxBytes : 0);
    if (reading.kind === 'read') reading.release();
    expect(budget.used).toBe(0);
  });

  test('is refused as soon as it is over the limit', async () => {
    maxBytes = 100_000;
    const socket = await open(chunked);
    socket.write(chunk(bytesOf(60_000)));
    socket.write(chunk(bytesOf(60_000)));
    expect((await ended()).kind).toBe('too-large');
    expect(budget.used).toBe(0);
  });

  test('small ones do not wait for room, large ones do once they are known to be', async () => {
    const first = [await open(declared(4 * MB)), await open(declared(4 * MB), 'b')] as const;
    const large = await open(chunked);
    large.write(chunk(bytesOf(200 * kB)));
    const small = await open(chunked);
    small.write(chunk(bytesOf(10)));
    small.write(lastChunk);
    expect(bodyOf(await ended()).length).toBe(10);
    const waits = () => (arrived[2] as IncomingMessage).isPaused();
    await until('the large one to wait', waits);
    // As long as it waits, its time does not run.
    nowMs += 4_000;
    first[1].destroy();
    expect((await ended(2)).kind).toBe('aborted');
    await until('its turn', () => !waits());
    pass(5_000);
    large.write(lastChunk);
    expect(bodyOf(await ended(3)).length).toBe(200 * kB);
    expect(first).toHaveLength(2);
  });

  test('as many as may come at once all come to their end', async () => {
    const senders = await Promise.all(Array.from({ length: 6 }, () => connectOnly()));
    const sent = bytesOf(3.5 * MB);
    for (const [index, socket] of senders.entries()) {
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nX-Owner: ${index % 2 === 0 ? 'a' : 'b'}\r\n${chunked}\r\n\r\n`);
      for (let at = 0; at < sent.length; at += 100_000) socket.write(chunk(sent.subarray(at, at + 100_000)));
      socket.write(lastChunk);
    }
    for (let count = 1; count <= senders.length; count += 1) {
      const reading = await ended(count);
      expect(bodyOf(reading).equals(sent)).toBe(true);
      expect(budget.used).toBeLessThanOrEqual(limits.totalBytes + maxBytes);
      if (reading.kind === 'read') reading.release();
    }
    expect(budget.used).toBe(0);
  });
});

describe('slow senders', () => {
  test('who sends nothing is given up after ten seconds, and its room is free', async () => {
    await open(declared(1 * MB));
    pass(5_000);
    await Promise.resolve();
    expect(readings).toHaveLength(0);
    pass(5_000);
    expect((await ended()).kind).toBe('too-slow');
    expect(budget.used).toBe(0);
  });

  test.each([declared(50 * kB), declared(1 * MB), chunked])(
    'a trickle is given up after five seconds: %s',
    async (head) => {
      const socket = await open(head);
      socket.write(head === chunked ? chunk(bytesOf(10)) : bytesOf(10));
      await until('the first bytes', () => (arrived[0] as IncomingMessage).socket.bytesRead > 0);
      await new Promise((resolve) => setImmediate(resolve));
      pass(5_000);
      expect((await ended()).kind).toBe('too-slow');
      expect(budget.used).toBe(0);
    },
  );

  test('a large body that would take longer than a request may is given up early', async () => {
    maxBytes = 6 * MB;
    const socket = await open(declared(6 * MB));
    // Fast enough for a small one, and not for this: it would take 100 seconds.
    let sent = 0;
    let readBytes = 0;
    (arrived[0] as IncomingMessage).on('data', (part: Buffer) => {
      readBytes += part.length;
    });
    socket.write(bytesOf(310_000));
    sent += 310_000;
    await until('them to be read', () => readBytes === sent);
    pass(5_000);
    expect((await ended()).kind).toBe('too-slow');
  });

  test('a body that comes steadily is read to its end', async () => {
    const socket = await open(declared(1 * MB));
    let readBytes = 0;
    (arrived[0] as IncomingMessage).on('data', (part: Buffer) => {
      readBytes += part.length;
    });
    for (let part = 1; part <= 5; part += 1) {
      socket.write(bytesOf(MB / 5 + 1).subarray(0, Math.min(MB / 5 + 1, MB - readBytes)));
      const expected = Math.min(MB, part * Math.floor(MB / 5 + 1));
      await until('a part', () => readBytes >= expected - 5);
      if (part < 5) pass(5_000);
    }
    expect((await ended()).kind).toBe('read');
  });
});

describe('senders who go away', () => {
  test.each([declared(1_000), declared(1 * MB), chunked])('in the middle: %s', async (head) => {
    const socket = await open(head);
    socket.write(head === chunked ? chunk(bytesOf(10)) : bytesOf(10));
    socket.end();
    expect((await ended()).kind).toBe('aborted');
    expect(budget.used).toBe(0);
  });

  test('while they wait for room: they leave the line, and who is behind them is next', async () => {
    const first = await open(declared(4 * MB));
    const gone = await open(declared(4 * MB));
    const next = await open(declared(1 * MB));
    gone.resetAndDestroy();
    expect((await ended()).kind).toBe('aborted');
    expect(budget.used).toBe(5 * MB);
    next.write(bytesOf(1 * MB));
    expect(bodyOf(await ended(2)).length).toBe(1 * MB);
    first.write(bytesOf(4 * MB));
    expect(bodyOf(await ended(3)).length).toBe(4 * MB);
  });

  test('before it came to reading', async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    const [request] = (await new Promise<IncomingMessage[]>((resolve) => {
      server.removeAllListeners('request');
      server.once('request', (incoming: IncomingMessage) => resolve([incoming]));
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${declared(1_000)}\r\n\r\n`);
    })) as [IncomingMessage];
    socket.resetAndDestroy();
    await until('it to be known', () => request.destroyed);
    const reading = readBody(request, { declaredBytes: 1_000, maxBytes, owner: 'a', budget, monotonicMs: () => nowMs });
    expect((await reading).kind).toBe('aborted');
  });
});
