import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { getVerification } from '../../src/archive/get-verification.ts';
import { retryJob } from '../../src/archive/retry-job.ts';
import { startVerification } from '../../src/archive/start-verification.ts';
import { byOperator } from '../support/audit-context.ts';
import { type ArchiveStand, openArchiveStand } from './archive-stand.ts';
import { completeEnvelope } from './fake-provider.ts';

let stand: ArchiveStand;
let made = 0;
const soon = { timeout: 15_000 };
beforeAll(async () => {
  stand = await openArchiveStand();
});
beforeEach(() => stand.newTeam());
afterAll(() => stand.close());

const nothing = (): void => undefined;
const ctx = () => ({ ...byOperator, database: stand.database.pool, onVerification: nothing, onJob: nothing });
const run = () => getVerification(ctx(), { teamId: stand.teamId });
const finished = async () => ((await run()).state === 'finished' ? run() : null);
const verifyAll = async () => {
  await startVerification(ctx(), { teamId: stand.teamId, all: true });
  return stand.work('the verification to finish', finished);
};
const storedJobs = (count: number) => async () => {
  const all = await stand.jobs();
  return all.length === count && all.every(({ state }) => state === 'stored') ? all : null;
};
async function archived(envelopes = 1) {
  const connection = stand.connect();
  for (let n = 0; n < envelopes; n += 1) {
    made += 1;
    completeEnvelope(stand.provider, `envelope_${made}`, 3000 + made * 10);
    await stand.event(connection, `envelope_${made}`);
  }
  await stand.work('everything to be stored', storedJobs(envelopes));
  return stand.documents();
}
const states = async () => new Map((await stand.documents()).map(({ id, state }) => [id, state]));

test('a run counts every document, finds what was tampered with and what is missing, and tells the team once', async () => {
  const documents = await archived(9);
  const [tampered, longer, gone] = documents as [(typeof documents)[0], (typeof documents)[0], (typeof documents)[0]];
  const same = Buffer.alloc(tampered.sizeBytes, '%');
  await stand.tamper(tampered.sha256, same);
  await stand.tamper(longer.sha256, Buffer.alloc(longer.sizeBytes + 1));
  await stand.tamper(gone.sha256, null);
  expect(await verifyAll()).toMatchObject({ total: 27, checked: 27, damaged: 2, missing: 1 });
  const found = await states();
  expect([tampered, longer, gone].map(({ id }) => found.get(id))).toEqual(['damaged', 'damaged', 'missing']);
  expect([...found.values()].filter((state) => state === 'stored')).toHaveLength(24);
  const news = await stand.news();
  expect(news.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => 'posthorn.archive.damaged'));
  expect(new Set(news.map(({ data }) => data['documentId']))).toEqual(new Set([tampered.id, longer.id, gone.id]));
  expect((await stand.documents()).every(({ verifiedAt }) => verifiedAt !== null)).toBe(true);

  expect(await verifyAll()).toMatchObject({ checked: 27, damaged: 2, missing: 1 });
  expect(await stand.news()).toHaveLength(3);
});

test('documents that were verified lately are passed over, unless all are asked for', async () => {
  const documents = await archived();
  await verifyAll();
  const later = await startVerification(ctx(), { teamId: stand.teamId, all: false });
  expect(later).toMatchObject({ total: 0, checked: 0 });
  await stand.work('the empty run to finish', finished);
  expect(await verifyAll()).toMatchObject({ total: documents.length, checked: documents.length });
});

test('a document that is not whole is verified again, however lately it was', async () => {
  const [first] = await archived();
  if (first === undefined) throw new Error('nothing was archived');
  await stand.tamper(first.sha256, Buffer.alloc(first.sizeBytes, '%'));
  await verifyAll();
  await startVerification(ctx(), { teamId: stand.teamId, all: false });
  expect(await stand.work('the run to finish', finished)).toMatchObject({ total: 1, checked: 1, damaged: 1 });
});

test('a run is answered instead of a second one, and goes on after its node died', async () => {
  await archived(8);
  const first = await startVerification(ctx(), { teamId: stand.teamId, all: true });
  // A node took it, got so far, and died: its lease is over.
  const [, , , fourth] = (await stand.documents()).toReversed();
  await stand.database.pool.query(
    `UPDATE archive_verification SET checked = 4, position = (SELECT id FROM archived_document WHERE sha256 = $1)`,
    [Buffer.from(fourth?.sha256 ?? '', 'hex')],
  );
  expect(await startVerification(ctx(), { teamId: stand.teamId, all: true })).toMatchObject({
    startedAt: first.startedAt,
    checked: 4,
  });
  expect(await stand.work('the run to finish', finished)).toMatchObject({ total: 24, checked: 24, damaged: 0 });
});

test('a retry mends what is damaged, when the provider still has the same bytes', async () => {
  const documents = await archived();
  const [first] = documents;
  if (first === undefined) throw new Error('nothing was archived');
  await stand.tamper(first.sha256, Buffer.from('tampered'));
  await verifyAll();
  expect((await states()).get(first.id)).toBe('damaged');
  await retryJob(ctx(), { teamId: stand.teamId, jobId: first.jobId });
  await stand.work('the job to be done again', storedJobs(1));
  expect(await states()).toEqual(new Map(documents.map(({ id }) => [id, 'stored'])));
  expect(await verifyAll()).toMatchObject({ checked: 3, damaged: 0, missing: 0 });
});

test('a store that is away says nothing about a document', async () => {
  await archived();
  const { open } = stand.blobs.kept;
  const { BlobStoreError } = await import('../../src/blobs/blob-store.ts');
  stand.blobs.kept.open = async () => {
    throw new BlobStoreError('The bucket is away.');
  };
  await startVerification(ctx(), { teamId: stand.teamId, all: true });
  const node = stand.node();
  node.archive.start();
  await expect.poll(() => stand.errors.length, soon).toBeGreaterThan(0);
  stand.blobs.kept.open = open;
  await node.archive.stop();
  expect(await run()).toMatchObject({ state: 'running', checked: 0, damaged: 0 });
  expect([...(await states()).values()]).toEqual(['stored', 'stored', 'stored']);
});

test('each document is verified by itself when its time has come, at a bounded rate', async () => {
  const [first] = await archived(2);
  if (first === undefined) throw new Error('nothing was archived');
  const { rows } = await stand.database.pool.query<{ days: number }>(
    'SELECT extract(epoch FROM verify_due_at - now()) / 86400 AS days FROM archived_document',
  );
  for (const { days } of rows) expect(Number(days)).toBeCloseTo(30, 1);
  await stand.tamper(first.sha256, null);
  await stand.database.pool.query('UPDATE archived_document SET verify_due_at = now()');
  const node = stand.node({ verifyBytesPerSecond: 1000 });
  node.archive.start();
  // About three seconds for 3 kB.
  await expect.poll(() => node.timers.waiting.filter((ms) => ms > 2_000 && ms < 6_000), soon).toHaveLength(1);
  const verified = async () => (await stand.documents()).filter(({ verifiedAt }) => verifiedAt !== null).length;
  expect(await verified()).toBe(1);
  await expect
    .poll(async () => {
      node.timers.advance(6_000);
      return verified();
    }, soon)
    .toBe(6);
  await node.archive.stop();
  expect((await states()).get(first.id)).toBe('missing');
  expect((await stand.news()).map(({ type }) => type)).toEqual(['posthorn.archive.damaged']);
});
