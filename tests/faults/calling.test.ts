import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as requestOver, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createOwnDatabase } from '../support/own-database.ts';
import { startRawServer } from '../support/raw-server.ts';
import { until } from '../support/until.ts';
import { callIdOf, callingForTest, providerForTest } from './calling-parts.ts';
import { receiverForTest } from './stand.ts';

const quickRetries = { baseMs: 10, mostMs: 2_000 };

async function ownDatabaseEnv() {
  return { DATABASE_URL: (await createOwnDatabase()).url };
}

/** A port of loopback that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('a provider that fails', () => {
  test('without an answer: the caller is told how, what may not be repeated is sent once, and each try is on record', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    const seen: string[] = [];
    const provider = await providerForTest((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      if (request.url?.startsWith('/reset') === true) request.on('end', () => response.socket?.resetAndDestroy());
    });
    const garbled = await startRawServer((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    const policy = { retries: { most: 1, ...quickRetries }, timeouts: { firstByteMs: 300 } };
    const faults = [
      { what: 'connect', url: `http://127.0.0.1:${await closedPort()}`, path: '/x', code: 'provider_unreachable' },
      { what: 'dns', url: 'https://nowhere.invalid', path: '/x', code: 'provider_unreachable' },
      { what: 'reset', url: provider.url, path: '/reset', code: 'provider_unreachable' },
      { what: 'timeout', url: provider.url, path: '/hangs', code: 'provider_timeout' },
      { what: 'http', url: `http://127.0.0.1:${garbled.port}`, path: '/x', code: 'provider_unreachable' },
    ];
    for (const { what, url, path, code } of faults) {
      const connection = await stand.connect(url, { policy });
      const get = await stand.call(connection, path);
      const post = await stand.call(connection, path, { method: 'POST', body: '{}' });
      const status = code === 'provider_timeout' ? 504 : 502;
      expect(get, what).toMatchObject({ status, json: { code } });
      expect(post, what).toMatchObject({ status, json: { code } });
      // Nothing was sent where there was no connection.
      const wasSent = what !== 'connect' && what !== 'dns';
      expect(String(post.json['detail']).includes('look before you repeat it'), what).toBe(wasSent);
      const calls = await stand.ledger(connection, 2);
      expect(calls, what).toMatchObject([
        { id: callIdOf(post), outcome: 'failed', status: null, answered: status, error: what },
        { id: callIdOf(get), outcome: 'failed', status: null, answered: status, error: what, tryCount: 2 },
      ]);
      expect(calls[0]?.tryCount, what).toBe(wasSent ? 1 : 2);
      expect((await stand.detail(callIdOf(get))).tries, what).toMatchObject([{ error: what }, { error: what }]);
    }
    expect(seen.toSorted()).toEqual([
      'GET /hangs',
      'GET /hangs',
      'GET /reset',
      'GET /reset',
      'POST /hangs',
      'POST /reset',
    ]);
    await garbled.close();
  });

  test('in the middle of an answer: what came is not taken for whole, however it was framed', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    const framings: Record<string, string> = {
      length: 'content-length: 1000\r\n\r\nhalf',
      chunks: 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      none: 'connection: close\r\n\r\nhalf',
    };
    const provider = await startRawServer((socket, request) => {
      const [, framing = ''] = /^GET \/(\w+)/.exec(request) ?? [];
      socket.write(`HTTP/1.1 200 OK\r\n${framings[framing]}`, () => setTimeout(() => socket.resetAndDestroy(), 50));
    });
    const connection = await stand.connect(`http://127.0.0.1:${provider.port}`);
    for (const framing of Object.keys(framings)) {
      await expect(stand.call(connection, `/${framing}`), framing).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    }
    const calls = await stand.ledger(connection, 3);
    expect(calls).toHaveLength(3);
    // It had begun to pass, so nothing was tried again.
    for (const call of calls) {
      expect(call).toMatchObject({ outcome: 'failed', status: 200, answered: 200, error: 'reset', tryCount: 1 });
      expect(call.responseBytes).toBe(4);
    }
    expect(provider.requests).toHaveLength(3);
    await provider.close();
  });

  test('slowly: a trickle passes while something moves, and ends when its time is over', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    const dripMs = 100;
    const provider = await providerForTest((request, response) => {
      const pieces = request.url === '/short' ? 10 : Number.POSITIVE_INFINITY;
      response.writeHead(200);
      let sent = 0;
      const drip = setInterval(() => {
        response.write('x');
        sent += 1;
        if (sent < pieces) return;
        clearInterval(drip);
        response.end();
      }, dripMs);
      response.on('close', () => clearInterval(drip));
    });
    const connection = await stand.connect(provider.url, {
      // Shorter than the whole and longer than the pauses.
      policy: { timeouts: { firstByteMs: 700, idleMs: 700, totalMs: 4_000 } },
    });
    expect(await stand.call(connection, '/short')).toMatchObject({ status: 200, text: 'xxxxxxxxxx' });
    await expect(stand.call(connection, '/long')).rejects.toThrow(/aborted|ECONNRESET/);
    const calls = await stand.ledger(connection, 2);
    expect(calls).toMatchObject([
      { path: '/long', outcome: 'failed', status: 200, error: 'timeout' },
      { path: '/short', outcome: 'succeeded', status: 200, error: null, responseBytes: 10 },
    ]);
  });

  test('with bursts of 429: short waits are waited, long ones are the caller’s, and all is on record', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    let refusals = 2;
    const provider = await providerForTest((request, response) => {
      if (request.url === '/later') response.writeHead(429, { 'retry-after': '3600' }).end('{"error":"quota"}');
      else if (refusals > 0) {
        refusals -= 1;
        response.writeHead(429, { 'retry-after': '1', 'x-ratelimit-remaining': '0' }).end();
      } else response.writeHead(200, { 'x-ratelimit-remaining': '41' }).end('done');
    });
    const connection = await stand.connect(provider.url, { policy: { retries: { most: 2, ...quickRetries } } });
    const soon = await stand.call(connection, '/soon', { method: 'POST', body: '{}' });
    expect(soon).toMatchObject({ status: 200, text: 'done', headers: { 'posthorn-attempts': '3' } });
    const later = await stand.call(connection, '/later');
    expect(later).toMatchObject({ status: 429, text: '{"error":"quota"}', headers: { 'retry-after': '3600' } });
    await stand.ledger(connection, 2);
    const detail = await stand.detail(callIdOf(soon));
    expect(detail.tries.map(({ status, error }) => [status, error])).toEqual([
      [429, 'provider_refused'],
      [429, 'provider_refused'],
      [200, null],
    ]);
    expect(detail.rateHeaders).toEqual({ 'x-ratelimit-remaining': '41' });
    expect(await stand.detail(callIdOf(later))).toMatchObject({
      outcome: 'failed',
      status: 429,
      answered: 429,
      error: 'provider_refused',
      tryCount: 1,
      rateHeaders: { 'retry-after': '3600' },
    });
  });

  test('and recovers, again and again: the breaker keeps calls back meanwhile, and one probe opens the way', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    let isDown = false;
    let seen = 0;
    const provider = await providerForTest((_request, response) => {
      seen += 1;
      response.writeHead(isDown ? 500 : 200).end();
    });
    const policy = { retries: { most: 0 }, breaker: { minimumCalls: 4, windowMs: 1_000, openMs: 600 } };
    const connection = await stand.connect(provider.url, { policy });
    const healthy = await stand.connect(provider.url, { policy });
    let made = 0;
    const call = async () => {
      made += 1;
      return stand.call(connection, '/x', { method: 'POST', body: '{}' });
    };
    let refused = 0;
    for (let flap = 0; flap < 3; flap += 1) {
      isDown = true;
      await until('the breaker to open', async () => (await call()).status === 503);
      refused += 1;
      const seenBefore = seen;
      const kept = await call();
      expect(kept).toMatchObject({ status: 503, json: { code: 'provider_unavailable' } });
      expect(Number(kept.headers['retry-after'])).toBeGreaterThan(0);
      expect(seen).toBe(seenBefore);
      refused += 1;
      isDown = false;
      // Its own breaker, though the provider is the same.
      expect((await stand.call(healthy, '/x')).status).toBe(200);
      await until('calls to pass again', async () => {
        const { status } = await call();
        if (status === 503) refused += 1;
        return status === 200;
      });
    }
    const calls = await stand.ledger(connection, made);
    expect(calls).toHaveLength(made);
    const keptBack = calls.filter(({ error }) => error === 'breaker_open');
    expect(keptBack).toHaveLength(refused);
    for (const call of keptBack) expect(call).toMatchObject({ status: null, answered: 503, tryCount: 0 });
    for (const each of calls.filter(({ error }) => error !== 'breaker_open')) expect(each.tryCount).toBe(1);
  });

  test('by hanging holds up no other connection and no delivery', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    let hanging = 0;
    const provider = await providerForTest((request, response) => {
      if (request.url?.startsWith('/hangs') === true) hanging += 1;
      else response.end('quick');
    });
    const receiver = await receiverForTest();
    const types = ['thing.made'];
    await stand.api.call('POST', `/v1/teams/${stand.teamId}/event-types`, { name: types[0] });
    await stand.api.call('POST', `/v1/teams/${stand.teamId}/endpoints`, { url: receiver.url('a'), eventTypes: types });
    const hangs = await stand.connect(`${provider.url}/hangs`, { policy: { concurrency: { waitMs: 60_000 } } });
    const quick = await stand.connect(`${provider.url}/quick`);
    const held = Array.from({ length: 330 }, () => stand.call(hangs, '/x').then(({ status }) => status));
    let ended = 0;
    const answered = held.map((each) => each.finally(() => (ended += 1)).catch(() => 0));
    // 64 are out, 256 wait for a turn, and the others are told so at once.
    await until('those beyond the queue to be answered', () => ended === 10);
    await until('the others’ first to be out', () => hanging === 64);

    const tookMs: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const beganMs = performance.now();
      const answers = await Promise.all(Array.from({ length: 10 }, () => stand.call(quick, '/x')));
      tookMs.push(performance.now() - beganMs);
      expect(answers.every(({ text }) => text === 'quick')).toBe(true);
    }
    const events = Array.from({ length: 100 }, (_, number) => ({ type: types[0], payload: { number } }));
    await stand.api.call('POST', `/v1/teams/${stand.teamId}/events/batch`, { events });
    await until('all deliveries', () => receiver.of('a').length === 100, { deadlineMs: 10_000 });
    expect(ended).toBe(10);
    expect(Math.max(...tookMs)).toBeLessThan(3_000);
    // Whoever is left is let go when the process is.
    await stand.posthorn.end('SIGKILL');
    expect((await Promise.all(answered)).filter((status) => status === 429)).toHaveLength(10);
  });
});

describe('answers without an end', () => {
  test('pass in flat memory for as long as the policy allows, also where they are looked at, and end at the provider', async () => {
    const stand = await callingForTest({ env: await ownDatabaseEnv() });
    const chunk = Buffer.alloc(65_536, 'x');
    let open = 0;
    const provider = await providerForTest((request, response) => {
      open += 1;
      response.on('close', () => (open -= 1));
      const status = request.url?.includes('/error') === true ? 500 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pour);
      pour();
    });
    const timeouts = { totalMs: 6_000 };
    const plain = await stand.connect(`${provider.url}/plain`, { policy: { timeouts } });
    const looked = await stand.connect(`${provider.url}/looked`, {
      policy: { timeouts, ledger: { bodies: 'masked' }, polling: { mode: 'serve', windowMs: 60_000 } },
    });
    const key = await stand.keyFor(['connections:call']);
    const stalled: IncomingMessage[] = [];
    const read = async (connection: string, path: string, isRead: boolean): Promise<number> => {
      const request = requestOver({
        port: stand.port(),
        host: '127.0.0.1',
        path: `/egress/${connection}${path}`,
        agent: false,
        headers: { authorization: `Bearer ${key}` },
      });
      // What breaks off is told by the body.
      request.on('error', () => undefined).end();
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      if (!isRead) {
        // Who does not read does not hear of the end either.
        stalled.push(answer.pause());
        return 0;
      }
      let bytes = 0;
      try {
        for await (const piece of answer as AsyncIterable<Buffer>) bytes += piece.length;
      } catch {
        return bytes;
      }
      throw new Error('an answer without an end has ended');
    };
    await stand.call(await stand.connect(`http://127.0.0.1:${await closedPort()}`), '/warm');
    const beforeMb = await residentMb(stand.posthorn.pid, 'VmRSS');
    const readers = [plain, looked].flatMap((connection) => [
      ...Array.from({ length: 4 }, () => read(connection, '/x', true)),
      ...Array.from({ length: 2 }, () => read(connection, '/error', true)),
      ...Array.from({ length: 4 }, () => read(connection, '/x', false)),
    ]);
    const bytes = await Promise.all(readers);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(300_000_000);
    const peakMb = await residentMb(stand.posthorn.pid, 'VmHWM');
    expect(peakMb - beforeMb).toBeLessThan(150);
    await until('no connection to be left', () => open === 0);
    for (const connection of [plain, looked]) {
      const calls = await stand.ledger(connection, 10);
      expect(calls).toHaveLength(10);
      for (const call of calls) expect(call).toMatchObject({ outcome: 'failed', status: call.answered });
      expect(new Set(calls.map(({ error }) => error))).toEqual(new Set(['timeout', 'caller_gone']));
    }
    for (const answer of stalled) answer.destroy();
  }, 120_000);
});

async function residentMb(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
