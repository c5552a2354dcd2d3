import { expect, onTestFinished, test } from 'vitest';
import { startVerification } from '../../src/archive/start-verification.ts';
import { getVerification } from '../../src/archive/get-verification.ts';
import { createS3BlobStore } from '../../src/blobs/s3-blob-store.ts';
import { bucket, credentials, startS3Server } from '../blobs/s3-server.ts';
import { byOperator } from '../support/audit-context.ts';
import { openArchiveStand } from './archive-stand.ts';
import { completeEnvelope } from './fake-provider.ts';

test('documents go to a bucket, and are verified there', async () => {
  const server = await startS3Server();
  onTestFinished(() => server.close());
  const { endpoint, region } = server;
  const place = { endpoint, region, bucket, ...credentials, pathStyle: true };
  const stand = await openArchiveStand({ blobs: createS3BlobStore(place) });
  onTestFinished(() => stand.close());
  const teamId = await stand.newTeam();
  const connection = stand.connect();
  completeEnvelope(stand.provider, 'envelope_s3', 400_000);
  await stand.event(connection, 'envelope_s3');
  await stand.work('it to be stored', async () => (await stand.jobs())[0]?.state === 'stored');
  const documents = await stand.documents();
  expect(documents).toHaveLength(3);
  const puts = server.requests.filter(({ line }) => line.startsWith('PUT ')).map(({ line }) => line);
  expect(puts.sort()).toEqual(documents.map(({ sha256 }) => `PUT /${bucket}/archive/${teamId}/${sha256}`).sort());

  const ctx = { ...byOperator, database: stand.database.pool, onVerification: () => undefined };
  await startVerification(ctx, { teamId, all: true });
  const found = await stand.work('the verification to finish', async () => {
    const run = await getVerification(ctx, { teamId });
    return run.state === 'finished' ? run : null;
  });
  expect(found).toMatchObject({ checked: 3, damaged: 0, missing: 0 });
  expect(server.requests.filter(({ refused }) => refused !== null)).toEqual([]);
});
