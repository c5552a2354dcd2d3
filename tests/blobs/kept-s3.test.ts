import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { AwsV4Signer } from 'aws4fetch';
import { createS3BlobStore } from '../../src/blobs/s3-blob-store.ts';
import { inPieces, keptBlobsContract, sha256Of } from './kept-blobs.contract.ts';
import { judgeRequest } from './request-signature.ts';
import { bucket, credentials, startS3Server } from './s3-server.ts';

const team = 'team_01h455vb4pex5vsknk084sn02q';
const region = 'us-east-1';

keptBlobsContract('what the S3 store keeps', async () => {
  const server = await startS3Server();
  const { endpoint } = server;
  return {
    store: createS3BlobStore({ endpoint, region, bucket, ...credentials, pathStyle: true, prefix: 'posthorn' }),
    async overwrite(teamId, sha256, body) {
      const url = `${endpoint}/${bucket}/posthorn/archive/${teamId}/${sha256}`;
      const headers = { 'x-amz-content-sha256': sha256Of(body) };
      const signer = new AwsV4Signer({ method: 'PUT', url, headers, service: 's3', region, ...credentials });
      const answer = await fetch(url, { method: 'PUT', headers: (await signer.sign()).headers, body });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    },
    async close() {
      await server.close();
      const refused = server.requests.filter((request) => request.refused !== null);
      if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
    },
  };
});

type Put = { key: string; headers: Record<string, string> };

/** S3 as far as conditions and locks go, which s3rver leaves out; signatures are verified here too. */
async function conditionalServer(knows: { conditions: boolean; locks: boolean } = { conditions: true, locks: true }) {
  const objects = new Map<string, Buffer>();
  const puts: Put[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url: target = '' } = request;
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const body = Buffer.concat((await request.toArray()) as Buffer[]);
      const answer = (status: number, code: string): void => {
        response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);
      };
      const refused = judgeRequest({ method, target, headers, body }, credentials.secretAccessKey, region);
      if (refused !== null) return answer(403, refused);
      const found = objects.get(target);
      if (method === 'GET') {
        if (found === undefined) return answer(404, 'NoSuchKey');
        response.writeHead(200, { 'content-length': found.length }).end(found);
        return;
      }
      puts.push({ key: target, headers });
      if (headers['if-none-match'] === '*') {
        if (!knows.conditions) return answer(501, 'NotImplemented');
        if (found !== undefined) return answer(412, 'PreconditionFailed');
      }
      if (headers['x-amz-object-lock-mode'] !== undefined && !knows.locks) return answer(400, 'InvalidRequest');
      objects.set(target, body);
      response.writeHead(200, { etag: '"made"' }).end();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const draftFolder = await mkdtemp(join(tmpdir(), 'posthorn-drafts-'));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(draftFolder, { recursive: true });
  });
  const open = (more: Partial<Parameters<typeof createS3BlobStore>[0]> = {}) => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const place = { endpoint, region, bucket, ...credentials, pathStyle: true, draftFolder };
    const store = createS3BlobStore({ ...place, tries: 2, ...more });
    onTestFinished(() => store.close());
    return store;
  };
  return { objects, puts, open, draftFolder };
}

test('a key that is there is not written again, unless it does not hold what was kept', async () => {
  const { objects, puts, open } = await conditionalServer();
  const store = open();
  const body = Buffer.from('signed');
  const { sha256 } = await store.kept.keep(team, inPieces(body));
  await store.kept.keep(team, inPieces(body));
  expect(puts.map(({ headers }) => headers['if-none-match'])).toEqual(['*', '*']);
  const key = `/${bucket}/archive/${team}/${sha256}`;
  objects.set(key, Buffer.from('tampered'));
  await store.kept.keep(team, inPieces(body));
  expect(puts.at(-1)?.headers['if-none-match']).toBeUndefined();
  expect(String(objects.get(key))).toBe('signed');
});

test('a service that does not know conditions is asked without them from then on', async () => {
  const { puts, open } = await conditionalServer({ conditions: false, locks: true });
  const store = open();
  await store.kept.keep(team, inPieces(Buffer.from('one')));
  await store.kept.keep(team, inPieces(Buffer.from('two')));
  expect(puts.map(({ headers }) => headers['if-none-match'])).toEqual(['*', undefined, undefined]);
});

test('documents are locked where that is configured, bodies of events never', async () => {
  const { puts, open } = await conditionalServer();
  const store = open({ objectLock: { mode: 'compliance', days: 10 }, now: () => Date.UTC(2026, 0, 1) });
  await store.kept.keep(team, inPieces(Buffer.from('signed')));
  await store.put(`20260101/${team}/a`, Buffer.from('event'));
  expect(puts.map(({ headers }) => headers['x-amz-object-lock-mode'])).toEqual(['COMPLIANCE', undefined]);
  expect(puts[0]?.headers['x-amz-object-lock-retain-until-date']).toBe('2026-01-11T00:00:00.000Z');
});

test('a bucket that cannot lock is an error that says so, not a document without a lock', async () => {
  const { objects, open } = await conditionalServer({ conditions: true, locks: false });
  const store = open({ objectLock: { mode: 'governance', days: 10 } });
  await expect(store.kept.keep(team, inPieces(Buffer.from('signed')))).rejects.toMatchObject({
    name: 'BlobStoreError',
    message: expect.stringMatching(/400 InvalidRequest.*Object Lock/),
  });
  expect(objects.size).toBe(0);
});

test('drafts are gone after success and failure, and old ones of a crash with the first document', async () => {
  const { open, draftFolder } = await conditionalServer();
  const old = join(draftFolder, `.draft-${'b'.repeat(24)}`);
  await writeFile(old, 'half');
  await utimes(old, new Date(0), new Date(0));
  const store = open();
  await store.kept.keep(team, inPieces(Buffer.from('signed')));
  await expect(store.kept.keep(team, Readable.from([Buffer.from('a'), 7]))).rejects.toThrow(TypeError);
  expect(await readdir(draftFolder)).toEqual([]);
});
