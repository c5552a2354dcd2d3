import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Outcome } from '../../src/receiver/outcome.ts';
import type { ReceiverOptions } from '../../src/receiver/receiver-options.ts';
import { until } from '../support/until.ts';
import { servers, startExpress, type StartServer } from './servers.ts';

const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString('base64')}`;

async function receive(start: StartServer, options: Partial<ReceiverOptions> = {}) {
  const handled: string[] = [];
  const outcomes: Outcome[] = [];
  const server = await start({
    secret,
    onEvent: ({ id }) => handled.push(id),
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  });
  onTestFinished(() => server.close());
  return { ...server, handled, outcomes };
}

function signedHeaders(id: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
    'posthorn-event-type': 'a.b',
  };
}

/** Says something over a bare connection, and gives everything that comes back until it is whole or the end. */
async function say(port: number, head: string[], body = ''): Promise<{ answer: string; ended: boolean }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let answer = '';
  let ended = false;
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket
    .on('error', () => undefined)
    .on('close', () => {
      ended = true;
    });
  await once(socket, 'connect');
  socket.write(`${['POST /webhooks HTTP/1.1', 'host: x', ...head].join('\r\n')}\r\n\r\n${body}`);
  await until('an answer', () => /\r\n\r\n[^\n]*\n/.test(answer) || ended);
  return { answer, ended };
}

describe.each(Object.entries(servers))('%s', (_name, start) => {
  it('refuses a request with two signature headers, whichever comes first', async () => {
    const receiver = await receive(start);
    const headers = signedHeaders('evt_1', '{}');
    const good = headers['webhook-signature'] ?? '';
    const bad = `v1,${Buffer.alloc(32).toString('base64')}`;
    for (const pair of [
      [good, bad],
      [bad, good],
      [good, good],
    ]) {
      const rest = Object.entries(headers).filter(([name]) => name !== 'webhook-signature');
      const lines = [...rest, ...pair.map((value) => ['Webhook-Signature', value])].map((line) => line.join(': '));
      const { answer } = await say(receiver.port, [...lines, 'content-length: 2'], '{}');
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    }
    expect(receiver.handled).toEqual([]);
    expect(receiver.outcomes.map(({ reason }) => reason)).toEqual(Array.from({ length: 3 }, () => 'duplicate_header'));
  });

  it('answers 408 to a body that does not come, and has kept nobody waiting', async () => {
    const receiver = await receive(start, { bodyTimeoutMs: 300 });
    const slow = say(receiver.port, ['content-type: application/json', 'content-length: 100'], '{"slow":');
    const response = await fetch(receiver.url, { method: 'POST', headers: signedHeaders('evt_1', '{}'), body: '{}' });
    expect(response.status).toBe(200);
    expect((await slow).answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(receiver.outcomes.map(({ outcome }) => outcome)).toEqual(['handled', 'too_slow']);
  });

  it('answers 413 at once to a body that says that it is huge, and does not read it', async () => {
    const receiver = await receive(start);
    const { answer } = await say(receiver.port, ['content-length: 1000000000000'], '{');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('ends a body that has no end', async () => {
    const receiver = await receive(start, { maxBodyBytes: 1_000 });
    const socket = connect(receiver.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('POST /webhooks HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    await until(
      'an answer',
      () => {
        if (socket.writable) socket.write(chunk);
        return answer !== '' || socket.destroyed;
      },
      { everyMs: 1 },
    );
    expect(receiver.outcomes).toMatchObject([{ outcome: 'too_large', status: 413 }]);
  });

  it('goes on when a sender hangs up within a body', async () => {
    const receiver = await receive(start);
    const socket = connect(receiver.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /webhooks HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
    // The server has the request once it has begun to answer another on a later connection.
    await fetch(receiver.url, { method: 'POST', headers: signedHeaders('evt_1', '{}'), body: '{}' });
    socket.destroy();
    await until('it to be told of', () => receiver.outcomes.some(({ outcome }) => outcome === 'cut_off'));
    expect(receiver.handled).toEqual(['evt_1']);
  });

  it('takes a body in pieces, and one of nothing', async () => {
    const receiver = await receive(start);
    const lines = (id: string, body: string) => Object.entries(signedHeaders(id, body)).map((line) => line.join(': '));
    const pieces = '2\r\n{"\r\n4\r\na":1\r\n1\r\n}\r\n0\r\n\r\n';
    const whole = await say(receiver.port, [...lines('evt_1', '{"a":1}'), 'transfer-encoding: chunked'], pieces);
    expect(whole.answer).toMatch(/^HTTP\/1\.1 200 /);
    const empty = await say(receiver.port, [...lines('evt_2', ''), 'content-length: 0']);
    expect(empty.answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(receiver.handled).toEqual(['evt_1', 'evt_2']);
  });
});

describe('beside other routes', () => {
  it.each([
    ['Express', servers.Express],
    ['Fastify', servers.Fastify],
  ])('%s parses their bodies as before', async (_name, start) => {
    const { port } = await receive(start);
    const response = await fetch(`http://127.0.0.1:${port}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a": 1}',
    });
    expect(await response.json()).toEqual({ a: 1 });
  });

  it('Express tells of a body that express.json() has taken, and takes the one that express.raw() left', async () => {
    const receiver = await receive(startExpress);
    const send = (path: string) =>
      fetch(`http://127.0.0.1:${receiver.port}${path}`, {
        method: 'POST',
        headers: { ...signedHeaders('evt_1', '{"a":1}'), 'content-type': 'application/json' },
        body: '{"a":1}',
      });
    expect((await send('/parsed')).status).toBe(500);
    expect(String(receiver.outcomes[0]?.error)).toContain('before express.json()');
    expect((await send('/raw')).status).toBe(200);
    expect(receiver.handled).toEqual(['evt_1']);
  });
});
