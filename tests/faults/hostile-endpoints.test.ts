import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Api, createApi, makeTeam } from '../support/api.ts';
import { createAuthority } from '../support/certificates.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { toDatabase } from '../support/to-database.ts';
import { type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { onRequests, type RawServer, startRawServer } from '../support/raw-server.ts';
import { until } from '../support/until.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type ShownAttempt = {
  status: number | null;
  error: string | null;
  response: { body: { content: string; truncated: boolean } | null } | null;
};
type Delivery = {
  id: string;
  state: string;
  lastError: string | null;
  nextAttemptAt: string | null;
  attemptCount: number;
  attempts: ShownAttempt[];
};

const types = ['thing.made'];
const name = `posthorn_hostile_${process.pid}_${Date.now()}`;
let posthorn: PosthornProcess;
let api: Api;
let folder: string;
const servers: RawServer[] = [];

beforeAll(async () => {
  await administer(`CREATE DATABASE ${name}`);
  folder = await mkdtemp(join(tmpdir(), 'posthorn-fault-'));
  // A lease far shorter than the slow answers below, as a visibility timeout would be.
  const env = { DATABASE_URL: databaseUrlOf(toDatabase(inject('testServer'), name)), POSTHORN_TEST_LEASE_SECONDS: '3' };
  posthorn = await startPosthorn({ dataFolder: folder, env });
  api = createApi(() => posthorn.url);
});

afterAll(async () => {
  await posthorn.end('SIGTERM');
  for (const server of servers) await server.close();
  await rm(folder, { recursive: true, force: true });
  await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
});

async function administer(statement: string): Promise<void> {
  const client = new pg.Client(inject('testServer'));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function serve(answer: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(answer);
  servers.push(server);
  return server;
}

/** Sends one event to one new endpoint, and waits for what its first attempts came to. */
async function deliverTo(
  url: string,
  options: { scheduleSeconds?: number[]; timeoutMs?: number; attempts?: number } = {},
): Promise<Delivery> {
  const { scheduleSeconds = [], timeoutMs = 2_000, attempts = 1 } = options;
  const { teamId } = await makeTeam(api, {
    types,
    endpoints: [{ url, eventTypes: types, retry: { scheduleSeconds, timeoutMs } }],
  });
  const event = await api.call<{ id: string }>('POST', `/v1/teams/${teamId}/events`, {
    type: 'thing.made',
    payload: {},
  });
  const id = await until('the delivery', async () => {
    const { data } = await api.call<{ data: { id: string }[] }>(
      'GET',
      `/v1/teams/${teamId}/deliveries?event=${event.id}`,
    );
    return data[0]?.id;
  });
  return until('the attempts', async () => {
    const delivery = await api.call<Delivery>('GET', `/v1/teams/${teamId}/deliveries/${id}`);
    return delivery.attemptCount >= attempts ? delivery : null;
  });
}

describe.concurrent('an endpoint that', () => {
  test('hangs is given up at its timeout', async () => {
    const server = await serve(() => undefined);
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`, { timeoutMs: 1_000 });
    expect([state, attempts[0]?.error, attempts[0]?.status]).toEqual(['dead', 'timeout', null]);
  });

  test('drips a byte at a time is given up at its timeout', async () => {
    const server = await serve((socket) => {
      const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n';
      let at = 0;
      const timer = setInterval(() => socket.write(at < answer.length ? (answer[at++] as string) : 'x'), 100);
      socket.on('close', () => clearInterval(timer));
    });
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`, { timeoutMs: 1_500 });
    expect([state, attempts[0]?.error]).toEqual(['dead', 'timeout']);
  });

  test('answers 200 without end has delivered, and 64 kB of the answer are kept', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`4000\r\n${'y'.repeat(0x4000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    });
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`);
    expect(state).toBe('succeeded');
    expect(attempts[0]?.response?.body).toMatchObject({ truncated: true });
    expect(attempts[0]?.response?.body?.content).toHaveLength(64 * 1024);
  });

  test('breaks off in the middle of its answer has failed, and what had come of it is kept', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-at: node-7\r\ncontent-length: 1000\r\n\r\n{"half":');
    });
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`, { timeoutMs: 1_000 });
    expect([state, attempts[0]?.error, attempts[0]?.status]).toEqual(['dead', 'timeout', 200]);
    expect(attempts[0]?.response).toMatchObject({
      headers: [
        { name: 'x-at', value: 'node-7' },
        { name: 'content-length', value: '1000' },
      ],
      body: { content: '{"half":', sizeBytes: 8, truncated: true },
    });
  });

  test('resets the connection is tried again', async () => {
    const server = await serve((socket, _request, number) => {
      if (number === 0) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`, {
      scheduleSeconds: [1],
      attempts: 2,
    });
    expect([state, ...attempts.map(({ error }) => error)]).toEqual(['succeeded', 'reset', null]);
  });

  test('redirects has failed, and where it points to is never asked', async () => {
    const target = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    const server = await serve((socket) =>
      socket.end(`HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:${target.port}/\r\ncontent-length: 0\r\n\r\n`),
    );
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`);
    expect([state, attempts[0]?.status, attempts[0]?.error]).toEqual(['dead', 307, 'http']);
    expect(target.requests).toEqual([]);
  });

  test('shows a certificate that nobody vouches for gets nothing', async () => {
    const authority = createAuthority();
    const { certPem: cert, keyPem: key } = authority.issue('IP:127.0.0.1');
    authority.remove();
    const requests: string[] = [];
    const server = tls.createServer({ cert, key }, (socket) => onRequests(socket, (request) => requests.push(request)));
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { state, attempts } = await deliverTo(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
    expect([state, attempts[0]?.error]).toEqual(['dead', 'tls']);
    expect(requests).toEqual([]);
  });

  test('asks to come back in a year is asked again within a day', async () => {
    const server = await serve((socket) =>
      socket.end('HTTP/1.1 503 X\r\nretry-after: 31536000\r\ncontent-length: 0\r\n\r\n'),
    );
    const { state, nextAttemptAt } = await deliverTo(`http://127.0.0.1:${server.port}/`, { scheduleSeconds: [1, 1] });
    expect(state).toBe('pending');
    const waitMs = Date.parse(nextAttemptAt as string) - Date.now();
    expect(waitMs).toBeGreaterThan(23 * 3_600_000);
    expect(waitMs).toBeLessThan(25 * 3_600_000);
  });

  test('has a name that cannot be resolved is tried again (outpost 314)', async () => {
    const { state, attempts } = await deliverTo('http://nowhere.invalid/', { scheduleSeconds: [1, 1], attempts: 3 });
    expect([state, ...attempts.map(({ error }) => error)]).toEqual(['dead', 'dns', 'dns', 'dns']);
  });

  test('answers after eight seconds, over leases of three, is sent to once (svix PR 2181, outpost 276)', async () => {
    const server = await serve((socket) => {
      setTimeout(() => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), 8_000);
    });
    const { state, attempts } = await deliverTo(`http://127.0.0.1:${server.port}/`, {
      timeoutMs: 20_000,
      scheduleSeconds: [1],
    });
    expect([state, attempts.length]).toEqual(['succeeded', 1]);
    expect(server.requests).toHaveLength(1);
  });

  // PostgreSQL takes neither a zero character nor a broken surrogate; one such answer must not hold up the others'.
  test.each([
    ['zeros in its body', 'HTTP/1.1 500 X\r\ncontent-length: 6\r\n\r\na\0b\0c\0'],
    ['bytes that are no UTF-8', Buffer.from('HTTP/1.1 500 X\r\ncontent-length: 4\r\n\r\n\xff\xfe\xc3\x28', 'latin1')],
    [
      'bytes that are no UTF-8 in a header',
      Buffer.from('HTTP/1.1 500 X\r\nx-odd: \xff\xfe\xc3\x28\r\ncontent-length: 0\r\n\r\n', 'latin1'),
    ],
    ['a zero in a header', 'HTTP/1.1 500 X\r\nx-odd: a\0b\r\ncontent-length: 0\r\n\r\n'],
    ['a header of 100 kB', `HTTP/1.1 500 X\r\nx-odd: ${'z'.repeat(100_000)}\r\ncontent-length: 0\r\n\r\n`],
    ['a thousand headers', `HTTP/1.1 500 X\r\n${'x-many: 1\r\n'.repeat(1000)}content-length: 0\r\n\r\n`],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.7\r\n'],
    ['a status of its own', 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'],
  ])('answers with %s is on record, and the log goes on (outpost 946, 1000)', async (_what, answer) => {
    const poison = await serve((socket) => socket.end(answer));
    const sound = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    const [poisoned, healthy] = await Promise.all([
      deliverTo(`http://127.0.0.1:${poison.port}/`, { scheduleSeconds: [1], attempts: 2 }),
      deliverTo(`http://127.0.0.1:${sound.port}/`),
    ]);
    expect([poisoned.state, poisoned.attempts.length]).toEqual(['dead', 2]);
    expect(poisoned.attempts[0]?.error).not.toBeNull();
    expect(healthy.state).toBe('succeeded');
    expect(poison.requests).toHaveLength(2);
  });
});
