import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { response, startRawServer } from '../../tests/support/raw-server.ts';
import { openBlobStore } from './open-blob-store.ts';

const key = '20260101/team_01h455vb4pex5vsknk084sn02q/a';

test('without more, bodies lie in the folder "blobs" of the data folder', async () => {
  const data = await mkdtemp(join(tmpdir(), 'posthorn-data-'));
  onTestFinished(() => rm(data, { recursive: true }));
  const store = openBlobStore({ kind: 'folder' }, data);
  await store.put(key, Buffer.from('a'));
  expect(await readdir(join(data, 'blobs'))).toEqual(['20260101']);
  await store.close();

  await rm(join(data, 'blobs'), { recursive: true });
  await writeFile(join(data, 'blobs'), 'no folder');
  const problems: unknown[] = [];
  await openBlobStore({ kind: 'folder' }, data, { onError: (error) => problems.push(error) }).close();
  expect(problems).toHaveLength(1);
});

test('with a bucket, they go there, under its prefix', async () => {
  const server = await startRawServer((socket) => socket.write(response(200, '', { etag: '"a"' })));
  onTestFinished(() => server.close());
  const store = openBlobStore(
    {
      kind: 's3',
      endpoint: `http://127.0.0.1:${server.port}`,
      bucket: 'bodies',
      prefix: 'posthorn',
      region: 'eu-central-1',
      accessKeyId: 'key-id',
      secretAccessKey: 'secret',
      pathStyle: true,
    },
    '/nowhere',
    { caPem: null },
  );
  onTestFinished(() => store.close());
  await store.put(key, Buffer.from('a'));
  expect(server.requests[0]).toMatch(`PUT /bodies/posthorn/${key} HTTP/1.1`);
  expect(server.requests[0]).toContain('/eu-central-1/s3/aws4_request');
});
