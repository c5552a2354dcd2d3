import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createS3BlobStore } from '../../src/blobs/s3-blob-store.ts';
import { blobStoreContract } from './blob-store.contract.ts';

const endpoint = process.env['POSTHORN_TEST_S3_ENDPOINT'];

/** A bucket of an S3 of your own, for example `POSTHORN_TEST_S3_ENDPOINT=https://s3.eu-central-1.amazonaws.com`. */
function openReal(more: { secretAccessKey?: string } = {}) {
  return createS3BlobStore({
    endpoint: endpoint ?? '',
    bucket: process.env['POSTHORN_TEST_S3_BUCKET'] ?? 'posthorn-test',
    region: process.env['POSTHORN_TEST_S3_REGION'] ?? 'us-east-1',
    accessKeyId: process.env['POSTHORN_TEST_S3_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: process.env['POSTHORN_TEST_S3_SECRET_ACCESS_KEY'] ?? '',
    pathStyle: process.env['POSTHORN_TEST_S3_PATH_STYLE'] !== 'no',
    prefix: `test-${randomBytes(6).toString('hex')}`,
    ...more,
  });
}

if (endpoint !== undefined) {
  blobStoreContract('the S3 store with a real S3', async () => ({ store: openReal(), close: async () => undefined }));
}

test.skipIf(endpoint === undefined)('a real S3 refuses a wrong secret (needs POSTHORN_TEST_S3_ENDPOINT)', async () => {
  const store = openReal({ secretAccessKey: 'wrong-0123456789abcdef' });
  await expect(store.check()).rejects.toThrow(/SignatureDoesNotMatch/);
  await store.close();
});
