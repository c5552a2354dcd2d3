import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callIdOf, callingForTest, providerForTest } from '../faults/calling-parts.ts';
import { createOwnDatabase } from '../support/own-database.ts';
import { rawClient } from '../receiving/raw-client.ts';
import { onRequests } from '../support/raw-server.ts';
import { headerIn, statusesIn, type UpstreamPair, upstreamPairForTest } from './upstream-pair.ts';

/** What a body hides: a request that an upstream would take for one of its own, if it read the body's end elsewhere. */
const hidden = 'GET /base/v1/smuggled HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\r\n';
const hiddenSize = hidden.length.toString(16);

function post({ prefix, key }: UpstreamPair, headers: string[], body: string, version = '1.1'): string {
  const lines = ['Host: x', `Authorization: Bearer ${key}`, 'Connection: close', ...headers];
  return `POST ${prefix}/x HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

describe('a request whose end can be read in two ways', () => {
  test('is refused, or reaches the upstream as one request with one end', async () => {
    const pair = await upstreamPairForTest();
    const length = (bytes: number | string): string => `Content-Length: ${bytes}`;
    const chunked = 'Transfer-Encoding: chunked';
    const inChunks = `${hiddenSize}\r\n${hidden}\r\n0\r\n\r\n`;
    const refused: Record<string, [string[], string]> = {
      'length, then chunks': [[length(inChunks.length), chunked], inChunks],
      'chunks, then length': [[chunked, length(5)], inChunks],
      'length and chunks that end at once': [[length(hidden.length + 5), chunked], `0\r\n\r\n${hidden}`],
      'two lengths': [[length(0), length(hidden.length)], hidden],
      'the same length twice': [[length(hidden.length), length(hidden.length)], hidden],
      'lengths in a list': [[length(`${hidden.length}, ${hidden.length}`)], hidden],
      'a length with a sign': [[length(`+${hidden.length}`)], hidden],
      'a negative length': [[length('-1')], hidden],
      'a length in hex': [[length(`0x${hiddenSize}`)], hidden],
      'a length with a comma': [[length('0,')], hidden],
      'a length beyond numbers': [[length('99999999999999999999999')], hidden],
      'a length without digits': [[length('')], hidden],
      'a blank before the colon': [[`Content-Length : ${hidden.length}`], hidden],
      'a tab before the colon': [[`Transfer-Encoding\t: chunked`, length(3)], inChunks],
      'chunks behind another coding': [['Transfer-Encoding: chunked, identity'], inChunks],
      'another coding with a length': [['Transfer-Encoding: identity', length(hidden.length)], hidden],
      'a coding that is not known': [['Transfer-Encoding: xchunked', length(hidden.length)], hidden],
      'a coding with a strange blank': [['Transfer-Encoding: \x0bchunked', length(5)], inChunks],
      'two codings, then a length': [[chunked, 'Transfer-Encoding: identity', length(5)], inChunks],
      'a coding on a folded line, and a length': [['Transfer-Encoding:\r\n chunked', length(5)], inChunks],
      'a chunk size beyond numbers': [[chunked], `fffffffffffffffff\r\n${hidden}\r\n0\r\n\r\n`],
      'a chunk size with a sign': [[chunked], `+${hiddenSize}\r\n${hidden}\r\n0\r\n\r\n`],
      'a chunk size with 0x': [[chunked], `0x${hiddenSize}\r\n${hidden}\r\n0\r\n\r\n`],
      'a chunk that is longer than its size': [[chunked], `5\r\n${hidden}\r\n0\r\n\r\n`],
      'a header line that ends in a line feed alone': [[`X-A: b\nTransfer-Encoding: chunked`, length(5)], inChunks],
      'a header with a carriage return in it': [[`X-A: b\rTransfer-Encoding: chunked`, length(5)], inChunks],
      'a length among the trailers': [[chunked], `5\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\n`],
      'a line that is folded': [['X-A: b\r\n Content-Length: 99\r\n\tX-B: c', length(2)], '{}'],
      'a header with NUL in it': [['X-A: b\0c', length(0)], ''],
      'a header without a name': [[': b', length(0)], ''],
      'a line without a colon': [['X-A', length(0)], ''],
      'a name with a blank in it': [['X A: b', length(0)], ''],
    };
    for (const [what, [headers, body]] of Object.entries(refused)) {
      const statuses = statusesIn(await pair.write(post(pair, headers, body)));
      expect(statuses, what).toEqual([400]);
    }
    expect(pair.seen).toEqual([]);

    const whole: Record<string, [string[], string, string]> = {
      'a length': [[length(hidden.length)], hidden, hidden],
      chunks: [[chunked], inChunks, hidden],
      'chunks in capitals': [['TRANSFER-ENCODING: CHUNKED'], inChunks, hidden],
      'a chunk with extensions': [[chunked], `5;a=b;c="d;e"\r\nhello\r\n0;last\r\n\r\n`, 'hello'],
      'chunk sizes with zeros': [[chunked], `0000005\r\nhello\r\n000\r\n\r\n`, 'hello'],
      trailers: [[chunked], `5\r\nhello\r\n0\r\nX-Smuggled: a\r\nHost: evil\r\n\r\n`, 'hello'],
      'no body': [[length(0)], '', ''],
    };
    for (const [what, [headers, body, arrived]] of Object.entries(whole)) {
      pair.seen.length = 0;
      expect(statusesIn(await pair.write(post(pair, headers, body))), what).toEqual([200]);
      expect(pair.seen, what).toMatchObject([{ method: 'POST', url: '/base/v1/x', body: arrived }]);
      expect(JSON.stringify(pair.seen[0]?.rawHeaders), what).not.toMatch(/smuggled|evil|99|chunked, /i);
    }
    expect(pair.outside).toEqual([]);
  }, 120_000);

  test('brings nothing along: what is behind its end is a request of its own, without the first one’s key', async () => {
    const pair = await upstreamPairForTest();
    const { prefix, key, insideHost } = pair;
    const another = `GET ${prefix}/smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const first = (headers: string, body: string): string =>
      `POST ${prefix}/x HTTP/1.1\r\nHost: x\r\nPosthorn-Key: ${key}\r\n${headers}\r\n\r\n${body}`;
    const upgrades = {
      websocket: 'Connection: Upgrade\r\nUpgrade: websocket',
      h2c: 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    };
    for (const [what, bytes] of Object.entries({
      'behind a length': first('Content-Length: 2', `{}${another}`),
      'behind chunks': first('Transfer-Encoding: chunked', `2\r\n{}\r\n0\r\n\r\n${another}`),
      'behind Expect': first('Expect: 100-continue\r\nContent-Length: 2', `{}${another}`),
      // Nobody upgrades: the connection goes on as it was.
      'after websocket': [first(`${upgrades.websocket}\r\nContent-Length: 2`, '{}'), another],
      'after h2c': [first(`${upgrades.h2c}\r\nContent-Length: 2`, '{}'), another],
    })) {
      pair.seen.length = 0;
      const client = await rawClient(pair.stand.port());
      for (const [index, piece] of [bytes].flat().entries()) {
        if (index > 0) await client.statuses(index);
        client.write(piece);
      }
      await client.closed();
      const statuses = statusesIn(client.received()).filter((status) => status !== 100);
      expect(statuses, what).toEqual([200, 401]);
      expect(pair.seen, what).toMatchObject([{ method: 'POST', url: '/base/v1/x', body: '{}' }]);
      const names = (pair.seen[0]?.rawHeaders ?? []).filter((_, index) => index % 2 === 0).join();
      expect(names, what).not.toMatch(/upgrade|http2|expect/i);
      expect(
        pair.seen.map((request) => headerIn(request, 'host')),
        what,
      ).toEqual([insideHost]);
    }
  }, 60_000);
});

/** An upstream of which the test writes every byte. */
async function rawUpstream(
  answer: (socket: Socket, number: number) => void,
): Promise<{ url: string; count(): number }> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onRequests(socket, () => {
      answer(socket, count);
      count += 1;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
}

describe('an answer', () => {
  test('with another one behind it is the answer to one call: the next call never gets the other', async () => {
    const stand = await callingForTest({ env: { DATABASE_URL: (await createOwnDatabase()).url } });
    const poison = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\nx-poison: yes\r\n\r\npoisoned';
    const upstream = await rawUpstream((socket, number) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-number: ${number}\r\n\r\nok${poison}`);
    });
    const policy = { concurrency: { most: 1 } };
    const connection = await stand.connect(upstream.url, { policy });
    const answers = await Promise.all(Array.from({ length: 20 }, () => stand.call(connection, '/x')));
    for (const answer of answers) {
      expect(answer.headers['x-poison']).toBeUndefined();
      if (answer.status === 200) expect(answer.text).toBe('ok');
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(new Set(answers.map(callIdOf)).size).toBe(20);
  }, 60_000);

  test('whose end can be read in two ways is none', async () => {
    const stand = await callingForTest({ env: { DATABASE_URL: (await createOwnDatabase()).url } });
    const heads: Record<string, string> = {
      'length and chunks': 'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'two lengths': 'content-length: 5\r\ncontent-length: 9\r\n\r\nhellooooo',
      'a header with a line feed': 'x-a: b\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n',
      'a header with NUL': 'x-a: b\0\r\ncontent-length: 0\r\n\r\n',
      'a negative length': 'content-length: -5\r\n\r\nhello',
      'a chunk size that is none': 'transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
    };
    const upstream = await rawUpstream((socket, number) => {
      socket.write(`HTTP/1.1 200 OK\r\n${Object.values(heads)[number]}`);
    });
    const connection = await stand.connect(upstream.url, { policy: { retries: { most: 0 } } });
    for (const what of Object.keys(heads)) {
      const answer = await stand.call(connection, '/x').catch(() => null);
      // Broken off, or refused: never taken for whole.
      if (answer !== null)
        expect([what, answer.status, answer.json['code']]).toEqual([what, 502, 'provider_unreachable']);
    }
    expect(upstream.count()).toBe(Object.keys(heads).length);
    const calls = await stand.ledger(connection, upstream.count());
    expect(calls.map(({ outcome }) => outcome)).toEqual(calls.map(() => 'failed'));
  }, 60_000);

  test('that switches protocols opens no tunnel, and early ones are left out', async () => {
    const stand = await callingForTest({ env: { DATABASE_URL: (await createOwnDatabase()).url } });
    const switching = await rawUpstream((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\ntunnel');
    });
    const connection = await stand.connect(switching.url, {
      policy: { retries: { most: 0 }, timeouts: { firstByteMs: 1_000, idleMs: 1_000, totalMs: 2_000 } },
    });
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const answer = await stand.call(connection, '/x', { headers });
    expect([502, 504]).toContain(answer.status);
    expect(answer.text).not.toContain('tunnel');

    const early = await rawUpstream((socket) => {
      const informational = 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n';
      socket.write(`${informational.repeat(20)}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`);
    });
    expect(await stand.call(await stand.connect(early.url), '/x')).toMatchObject({ status: 200, text: 'ok' });
  }, 60_000);

  test('brings no headers that belong to the provider’s host or to Posthorn', async () => {
    const stand = await callingForTest({ env: { DATABASE_URL: (await createOwnDatabase()).url } });
    const provider = await providerForTest((_request, response) => {
      response.writeHead(200, {
        'set-cookie': 'session=1',
        'strict-transport-security': 'max-age=1',
        'clear-site-data': '"*"',
        'access-control-allow-origin': '*',
        'www-authenticate': 'Basic',
        'posthorn-call-id': 'call_forged',
        'posthorn-cache': 'hit',
        'alt-svc': 'h3=":443"',
        connection: 'close, x-hop',
        'x-hop': 'hop',
        'x-kept': 'kept',
      });
      response.end('ok');
    });
    const answer = await stand.call(await stand.connect(provider.url), '/x');
    expect(answer).toMatchObject({ status: 200, headers: { 'x-kept': 'kept', 'posthorn-cache': 'bypass' } });
    expect(callIdOf(answer)).toMatch(/^call_[0-9a-z]{26}$/);
    for (const name of ['set-cookie', 'strict-transport-security', 'clear-site-data', 'alt-svc', 'x-hop']) {
      expect(answer.headers[name], name).toBeUndefined();
    }
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['www-authenticate']).toBeUndefined();
  }, 60_000);
});
