import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { createS3BlobStore } from '../../src/blobs/s3-blob-store.ts';
import { response, startRawServer } from '../support/raw-server.ts';
import { until } from '../support/until.ts';

const key = '20260101/team_01h455vb4pex5vsknk084sn02q/a';
const stored = response(200, '', { etag: '"a"' });
const body = 'the body, as it was stored';
const checksum = { 'x-amz-meta-sha256': createHash('sha256').update(body).digest('hex') };
const secrets = { accessKeyId: 'AKIA5ENTINELKEYID', secretAccessKey: 's3ntinel/Secret+Access0Key' };

const errorOf = (status: number, code: string): string => response(status, `<Error><Code>${code}</Code></Error>`);

type Answer = (socket: Socket, request: string, number: number) => void;
type Options = Partial<Parameters<typeof createS3BlobStore>[0]>;

/** A store over a server that answers as told; it waits no time between its tries. */
async function storeWith(answer: Answer, options: Options = {}) {
  const server = await startRawServer(answer);
  onTestFinished(() => server.close());
  const store = createS3BlobStore({
    endpoint: `http://127.0.0.1:${server.port}`,
    bucket: 'bodies',
    region: 'us-east-1',
    ...secrets,
    pathStyle: true,
    random: () => 0,
    ...options,
  });
  onTestFinished(() => store.close());
  return { store, server };
}

const always =
  (text: string): Answer =>
  (socket) =>
    void socket.write(text);
const inTurn =
  (...texts: string[]): Answer =>
  (socket, _request, number) =>
    void socket.write(texts[number] ?? texts.at(-1) ?? '');

describe('a put', () => {
  test.each([
    ['503 SlowDown', errorOf(503, 'SlowDown')],
    ['500 without a body', response(500)],
    ['429', response(429)],
    ['400 RequestTimeout', errorOf(400, 'RequestTimeout')],
    ['200 that confirms nothing', response(200, '<html>Welcome</html>')],
  ])('is made again after a %s, signed anew and whole', async (_what, refusal) => {
    const { store, server } = await storeWith(inTurn(refusal, refusal, stored));
    await store.put(key, Buffer.from(body));
    expect(server.requests).toHaveLength(3);
    for (const request of server.requests) {
      expect(request).toMatch(/^authorization: AWS4-HMAC-SHA256 /m);
      expect(request.endsWith(`\r\n\r\n${body}`)).toBe(true);
    }
  });

  test('is made again after a connection that broke', async () => {
    const { store, server } = await storeWith((socket, _request, number) => {
      if (number < 2) socket.destroy();
      else socket.write(stored);
    });
    await store.put(key, Buffer.from(body));
    expect(server.requests).toHaveLength(3);
  });

  test('is given up after so many tries', async () => {
    const { store, server } = await storeWith(always(errorOf(500, 'InternalError')), { tries: 3 });
    await expect(store.put(key, Buffer.from(body))).rejects.toMatchObject({
      name: 'BlobStoreError',
      full: false,
      message: expect.stringContaining('500 InternalError') as string,
    });
    expect(server.requests).toHaveLength(3);
  });

  test('is not begun again after the deadline', async () => {
    const { store, server } = await storeWith(always(response(500)), { deadlineMs: 0, tries: 50 });
    await expect(store.put(key, Buffer.from(body))).rejects.toThrow('500');
    expect(server.requests).toHaveLength(1);
  });

  test('is not made again when that cannot help', async () => {
    for (const refusal of [errorOf(403, 'AccessDenied'), errorOf(404, 'NoSuchBucket'), response(400)]) {
      const { store, server } = await storeWith(always(refusal));
      await expect(store.put(key, Buffer.from(body))).rejects.toMatchObject({ name: 'BlobStoreError', full: false });
      expect(server.requests).toHaveLength(1);
    }
  });

  test.each([
    ['507', response(507)],
    ['QuotaExceeded', errorOf(403, 'QuotaExceeded')],
    ['XMinioStorageFull', errorOf(507, 'XMinioStorageFull')],
  ])('that finds no room (%s) says so, at once', async (_what, refusal) => {
    const { store, server } = await storeWith(always(refusal));
    await expect(store.put(key, Buffer.from(body))).rejects.toMatchObject({ full: true });
    expect(server.requests).toHaveLength(1);
  });

  test('says with what it can be verified', async () => {
    const { store, server } = await storeWith(always(stored));
    await store.put(key, Buffer.from(body));
    const [request = ''] = server.requests;
    expect(request).toContain(`content-md5: ${createHash('md5').update(body).digest('base64')}\r\n`);
    expect(request).toContain(`x-amz-content-sha256: ${checksum['x-amz-meta-sha256']}\r\n`);
    expect(request).toContain(`x-amz-meta-sha256: ${checksum['x-amz-meta-sha256']}\r\n`);
    expect(request).toMatch(/SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date;x-amz-meta-sha256/);
  });
});

describe('a server that hangs', () => {
  test('before it answers is given up, on every try', async () => {
    const { store, server } = await storeWith(() => undefined, { timeoutMs: 500, tries: 2 });
    await expect(store.put(key, Buffer.from(body))).rejects.toThrow('no whole answer within 500 ms');
    await expect(store.open(key)).rejects.toThrow('no whole answer within 500 ms');
    expect(server.requests).toHaveLength(4);
  });

  test('in the middle of a body is given up', async () => {
    const half: Answer = (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    const { store } = await storeWith(half, { timeoutMs: 60, tries: 1 });
    await expect(store.get(key)).rejects.toThrow('no whole answer within 60 ms');
  });

  test('in the middle of a stream is given up, and the stream ends in an error', async () => {
    const half: Answer = (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    const { store } = await storeWith(half, { timeoutMs: 500, tries: 1 });
    const opened = await store.open(key);
    await expect(opened && buffer(opened.stream)).rejects.toMatchObject({ name: 'BlobStoreError' });
  });

  test('in the middle of an error is given up', async () => {
    const half: Answer = (socket) => void socket.write('HTTP/1.1 403 X\r\ncontent-length: 100\r\n\r\n<Error>');
    const { store } = await storeWith(half, { timeoutMs: 60, tries: 1 });
    await expect(store.get(key)).rejects.toThrow(/no whole answer within 60 ms|403/);
  });

  test('does not hold up the end: what is under way fails when the store is closed', async () => {
    const { store, server } = await storeWith(() => undefined);
    const failure = store.put(key, Buffer.from(body)).catch((error: unknown) => error);
    await until('the request', () => server.requests.length === 1);
    await store.close();
    expect(await failure).toMatchObject({ name: 'BlobStoreError' });
    expect(server.requests).toHaveLength(1);
  });
});

test('a wait before a retry ends when the store is closed', async () => {
  const { store, server } = await storeWith(always(response(503)), { random: () => 1, tries: 50, deadlineMs: 600_000 });
  const failure = store.put(key, Buffer.from(body)).catch((error: unknown) => error);
  await until('three tries', () => server.requests.length === 3);
  await store.close();
  expect(await failure).toMatchObject({ name: 'BlobStoreError' });
  expect(server.requests).toHaveLength(3);
});

test('an error that never ends is read so far and no further', async () => {
  const endless: Answer = (socket) => {
    socket.write('HTTP/1.1 403 X\r\ntransfer-encoding: chunked\r\n\r\n');
    const more = (): void => {
      if (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`)) setImmediate(more);
    };
    socket.on('drain', more);
    more();
  };
  const { store } = await storeWith(endless, { timeoutMs: 300_000 });
  await expect(store.get(key)).rejects.toThrow('403');
});

describe('a body that comes back', () => {
  test('cut short is read again', async () => {
    const { store, server } = await storeWith((socket, _request, number) => {
      if (number === 0) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 26\r\n\r\nthe body');
      else socket.write(response(200, body, checksum));
    });
    expect(String(await store.get(key))).toBe(body);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ['cut short', `HTTP/1.1 200 OK\r\ncontent-length: 26\r\n\r\nthe body`],
    ['cut short in chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\nthe body\r\n`],
    ['other than it was stored', response(200, 'The body, as it was stored', checksum)],
    ['shorter than it was stored', response(200, 'the body', checksum)],
    ['empty', response(200, '', checksum)],
  ])('%s is never given as the body', async (_what, answer) => {
    const { store } = await storeWith((socket) => void socket.end(answer), { tries: 2 });
    await expect(store.get(key)).rejects.toMatchObject({ name: 'BlobStoreError' });
    const opened = store.open(key).then((found) => found && buffer(found.stream));
    await expect(opened).rejects.toMatchObject({ name: 'BlobStoreError' });
  });

  test('without its checksum is held to its length', async () => {
    const { store } = await storeWith(always(response(200, body)));
    expect(String(await store.get(key))).toBe(body);
    const opened = await store.open(key);
    expect([opened?.sizeBytes, opened && String(await buffer(opened.stream))]).toEqual([body.length, body]);
  });
});

describe('an answer that is not of S3', () => {
  test.each([
    ['a 404 page', response(404, '<html>Not found</html>')],
    ['an empty 404', response(404)],
    ['a 404 for the bucket', errorOf(404, 'NoSuchBucket')],
    ['an error without an end', `HTTP/1.1 404 X\r\ncontent-length: 200000\r\n\r\n${'x'.repeat(200_000)}`],
  ])('%s does not mean that there is no such body', async (_what, answer) => {
    const { store } = await storeWith(always(answer), { tries: 1 });
    await expect(store.get(key)).rejects.toThrow('404');
    await expect(store.open(key)).rejects.toThrow('404');
  });

  test('S3 itself says that there is none, and then there is none', async () => {
    const { store, server } = await storeWith(always(errorOf(404, 'NoSuchKey')));
    expect(await store.get(key)).toBeNull();
    expect(await store.open(key)).toBeNull();
    expect(server.requests).toHaveLength(2);
  });

  test('a redirect is not followed: the signature stays where it is', async () => {
    const trap = await startRawServer((socket) => socket.write(stored));
    onTestFinished(() => trap.close());
    const location = `http://127.0.0.1:${trap.port}/bodies/${key}`;
    for (const status of [301, 307, 308]) {
      const { store } = await storeWith(always(response(status, '', { location })));
      await expect(store.put(key, Buffer.from(body))).rejects.toThrow(/POSTHORN_S3_REGION/);
      await expect(store.get(key)).rejects.toThrow(String(status));
    }
    expect(trap.connections()).toBe(0);
  });

  const page = (inner: string) => response(200, `<ListBucketResult>${inner}</ListBucketResult>`);
  test.each([
    ['no list', response(200, '<html>Welcome</html>')],
    ['half a list', page('<IsTruncated>true</IsTruncated>')],
    [
      'a list that turns in circles',
      page('<IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken>'),
    ],
  ])('%s is refused, and nothing is removed', async (_what, answer) => {
    const { store, server } = await storeWith(always(answer), { tries: 2 });
    await expect(store.days()).rejects.toThrow('its list cannot be understood');
    await expect(store.removeDay('20260101')).rejects.toThrow('its list cannot be understood');
    expect(server.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });
});

describe('removing a day', () => {
  const list = response(
    200,
    `<ListBucketResult><IsTruncated>false</IsTruncated>
       <Contents><Key>${key}</Key></Contents>
       <Contents><Key>20260101/somebody else's</Key></Contents>
       <Contents><Key>20250101/team_01h455vb4pex5vsknk084sn02q/not-asked-for</Key></Contents>
     </ListBucketResult>`,
  );

  test('removes blobs of that day and nothing else that the list names', async () => {
    const { store, server } = await storeWith(inTurn(list, response(200, '<DeleteResult/>')));
    await store.removeDay('20260101');
    const [, deletion = ''] = server.requests;
    expect(deletion).toMatch(/^POST \/bodies\/\?delete=? HTTP/);
    expect([...deletion.matchAll(/<Key>([^<]*)</g)].map(([, each]) => each)).toEqual([key]);
    expect(deletion).toMatch(/^content-md5: /m);
  });

  test('fails when S3 refuses to remove one, and says why', async () => {
    const refusal = '<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>';
    const { store, server } = await storeWith(inTurn(list, response(200, refusal)));
    await expect(store.removeDay('20260101')).rejects.toThrow(/AccessDenied.*s3:DeleteObject/);
    expect(server.requests).toHaveLength(2);
  });

  test('tries again when S3 could not just now', async () => {
    const refusal = '<DeleteResult><Error><Key>k</Key><Code>InternalError</Code></Error></DeleteResult>';
    const { store, server } = await storeWith(inTurn(list, response(200, refusal), response(200, '<DeleteResult/>')));
    await store.removeDay('20260101');
    expect(server.requests).toHaveLength(3);
  });
});

describe('a check', () => {
  test('fails when S3 gives back other bytes, or none', async () => {
    for (const answer of [response(200, 'other'), errorOf(404, 'NoSuchKey')]) {
      const { store } = await storeWith((socket, request) => {
        if (request.startsWith('PUT')) socket.write(stored);
        else socket.write(request.startsWith('GET') ? answer : response(204));
      });
      await expect(store.check()).rejects.toThrow('it does not give back what it took');
    }
  });

  test('fails when nobody listens, and says where', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { store } = await storeWith(() => undefined, { endpoint: `http://127.0.0.1:${port}` });
    await expect(store.check()).rejects.toThrow(new RegExp(`bodies at 127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));
  });
});

test('no error holds any of the access key or of what was signed, even if S3 repeats all of it', async () => {
  const use: ((store: BlobStore) => Promise<unknown>)[] = [
    (store) => store.put(key, randomBytes(10)),
    (store) => store.get(key),
    (store) => store.open(key).then((found) => found && buffer(found.stream)),
    (store) => store.days(),
    (store) => store.removeDay('20260101'),
    (store) => store.check(),
  ];
  const signedParts: string[] = [];
  const repeat = (request: string): string => {
    const authorization = /^authorization: (.*)\r$/m.exec(request)?.[1] ?? '';
    signedParts.push(/Signature=(\w+)/.exec(authorization)?.[1] ?? 'no signature');
    return `<Error><Code>${secrets.accessKeyId}</Code><Message>${authorization}</Message></Error>`;
  };
  const faults: Answer[] = [
    (socket, request) => void socket.write(response(403, repeat(request))),
    (socket, request) => void socket.write(response(500, repeat(request))),
    (socket, request) => void socket.write(response(200, repeat(request), checksum)),
    (socket, request) => void socket.end(`HTTP/1.1 200 ${repeat(request).replaceAll(/\W/g, '')}\r\nbad header\r\n`),
    (socket) => void socket.destroy(),
    () => undefined,
  ];
  const told: string[] = [];
  for (const fault of faults) {
    for (const run of use) {
      const { store } = await storeWith(fault, { tries: 2, timeoutMs: 40 });
      const error: unknown = await run(store).then(
        () => 'nothing went wrong',
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name: 'BlobStoreError' });
      told.push(inspect(error, { depth: 20, showHidden: true }), inspect(store, { depth: 20, showHidden: true }));
    }
  }
  expect(signedParts.length).toBeGreaterThan(20);
  expect(signedParts).not.toContain('no signature');
  for (const secret of [...Object.values(secrets), ...signedParts]) {
    expect(told.filter((text) => text.includes(secret))).toEqual([]);
  }
});
