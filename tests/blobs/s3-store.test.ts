import { describe, expect, onTestFinished, test } from 'vitest';
import { createS3BlobStore } from '../../src/blobs/s3-blob-store.ts';
import { blobStoreContract } from './blob-store.contract.ts';
import { bucket, credentials, startS3Server } from './s3-server.ts';

const key = '20260101/team_01h455vb4pex5vsknk084sn02q/a';

blobStoreContract('the S3 store', async () => {
  const { endpoint, region, requests, close } = await startS3Server();
  return {
    store: createS3BlobStore({ endpoint, region, bucket, ...credentials, pathStyle: true, prefix: 'posthorn/bodies' }),
    async close() {
      await close();
      const refused = requests.filter((request) => request.refused !== null);
      if (refused.length > 0 || requests.length < 100) throw new Error(`refused: ${JSON.stringify(refused)}`);
    },
  };
});

async function serverForTest() {
  const server = await startS3Server();
  onTestFinished(() => server.close());
  const open = (more: Partial<Parameters<typeof createS3BlobStore>[0]> = {}) => {
    const { endpoint, region } = server;
    const store = createS3BlobStore({ endpoint, region, bucket, ...credentials, pathStyle: true, ...more });
    onTestFinished(() => store.close());
    return store;
  };
  return { ...server, open };
}

describe('the S3 store', () => {
  test('keeps to its prefix: what lies elsewhere in the bucket is not seen and not removed', async () => {
    const { open } = await serverForTest();
    const [bare, mine, other] = [open(), open({ prefix: 'mine' }), open({ prefix: 'other' })];
    for (const store of [bare, mine, other]) await store.put(key, Buffer.from('a'));
    const foreign = open({ prefix: 'mine/20260101' });
    await foreign.put(key, Buffer.from('no blob of "mine", though below its day'));
    expect(await mine.days()).toEqual(['20260101']);
    await mine.removeDay('20260101');
    expect(await mine.get(key)).toBeNull();
    for (const store of [bare, other, foreign]) expect(await store.get(key)).not.toBeNull();
    expect(await bare.days()).toEqual(['20260101']);
  });

  test('is refused with a wrong secret, and says which settings to check', async () => {
    const { open, requests } = await serverForTest();
    const store = open({ secretAccessKey: 'not-the-secret-0123456789' });
    await expect(store.put(key, Buffer.from('a'))).rejects.toMatchObject({
      name: 'BlobStoreError',
      full: false,
      message: expect.stringMatching(/403 SignatureDoesNotMatch.*POSTHORN_S3_SECRET_ACCESS_KEY/),
    });
    expect(requests).toEqual([expect.objectContaining({ refused: 'SignatureDoesNotMatch' })]);
  });

  test('does not take a missing bucket for a missing body', async () => {
    const { open } = await serverForTest();
    const store = open({ bucket: 'absent' });
    const missing = /404 NoSuchBucket.*POSTHORN_BLOBS/;
    await expect(store.get(key)).rejects.toThrow(missing);
    await expect(store.days()).rejects.toThrow(missing);
    await expect(store.check()).rejects.toThrow(missing);
  });
});
