import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makePdf } from '../../src/simulation/pdf.rules.ts';
import { sha256Of } from './archive-parts.ts';
import { openArchiveStand, type ArchiveStand } from './archive-stand.ts';
import { answerJson, answerPdf, completeEnvelope, paths } from './fake-provider.ts';

const soon = { timeout: 15_000 };
let stand: ArchiveStand;
beforeAll(async () => {
  stand = await openArchiveStand();
});
beforeEach(() => stand.newTeam());
afterAll(() => stand.close());

describe('a completion', () => {
  test('is archived whole: status first, then the signed document, certificate and audit log, under their hashes', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    const pdfs = completeEnvelope(stand.provider, envelope);
    const eventId = await stand.event(connection, envelope);
    const [job] = await stand.stored();
    expect(job).toMatchObject({ state: 'stored', attempts: 1, eventId, subject: envelope, lastError: null });
    expect(stand.provider.asked[0]).toBe(paths.envelope(envelope));
    const documents = (await stand.documents()).toReversed();
    expect(documents.map(({ kind, name, sha256, state }) => [kind, name, sha256, state])).toEqual([
      ['signed', 'Lease.pdf', sha256Of(pdfs.signed), 'stored'],
      ['certificate', 'certificate.pdf', sha256Of(pdfs.certificate), 'stored'],
      ['audit-log', 'audit-log.pdf', sha256Of(pdfs.auditLog), 'stored'],
    ]);
    expect(documents.every(({ callId }) => callId?.startsWith('call_'))).toBe(true);
    expect(documents[0]).toMatchObject({
      connectionId: connection.id,
      contentType: 'application/pdf',
      sizeBytes: 2000,
    });
    const found = await stand.blobs.kept.open(stand.teamId, sha256Of(pdfs.signed));
    expect(found !== null && (await buffer(found.stream)).equals(pdfs.signed)).toBe(true);
    expect(stand.errors).toEqual([]);
  });

  test('that comes several times, on several nodes, is one job, and its documents are stored once', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    for (let n = 0; n < 5; n += 1) await stand.event(connection, envelope);
    const nodes = [stand.node(), stand.node(), stand.node()];
    for (const { archive } of nodes) archive.start();
    await expect.poll(stand.settled, soon).not.toBeNull();
    await Promise.all(nodes.map(({ archive }) => archive.stop()));
    await stand.event(connection, envelope);
    await stand.stored();
    expect(await stand.jobs()).toHaveLength(1);
    expect(await stand.documents()).toHaveLength(3);
    expect(stand.provider.asked).toHaveLength(4);
  });

  test('is taken from the named sources of connections that archive, and from nothing else', async () => {
    const [mine, off, other] = [stand.connect(), stand.connect({ archive: false }), stand.connect()];
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    await stand.event(off, stand.newEnvelope());
    await stand.event(mine, stand.newEnvelope(), { type: 'DOCUMENT_SIGNED' });
    await stand.event({ ...other, sourceIds: ['src_01h455vb4pex5vsknk084sn02q'] }, stand.newEnvelope());
    await stand.event(mine, null);
    await stand.event(mine, envelope);
    await stand.stored();
    expect((await stand.jobs()).map(({ subject, connectionId }) => [subject, connectionId])).toEqual([
      [envelope, mine.id],
    ]);
  });

  test('is found when archiving is turned on later, back to the beginning of the connection', async () => {
    const connection = stand.connect({ archive: false });
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    await stand.event(connection, envelope);
    const { archive, timers } = stand.node();
    archive.start();
    await expect.poll(() => timers.waiting.length, soon).toBeGreaterThan(2);
    expect(await stand.jobs()).toEqual([]);
    stand.replace({ ...connection, archive: true });
    timers.advance(30_000);
    await expect.poll(stand.settled, soon).not.toBeNull();
    await archive.stop();
  });

  test('is found when it is accepted while a node goes through the events: nothing is passed over', async () => {
    const connection = stand.connect();
    const { archive, timers } = stand.node();
    archive.start();
    const subjects: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const subject = stand.newEnvelope();
      subjects.push(subject);
      await stand.event(connection, subject, { isNow: true });
      timers.advance(30_000);
    }
    const found = async () => {
      timers.advance(30_000);
      return new Set((await stand.jobs()).map(({ subject }) => subject));
    };
    await expect.poll(found, soon).toEqual(new Set(subjects));
    await archive.stop();
    const { rows } = await stand.database.pool.query('SELECT position FROM archive_cursor');
    expect(rows).toHaveLength(1);
  });

  test('of 100 MB goes through in a fraction of its memory', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    const piece = Buffer.alloc(65_536, 'x');
    const pieces = 1600;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    stand.provider.on(paths.item(envelope), (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': (pieces + 1) * piece.length });
      const head = Buffer.concat([Buffer.from('%PDF-1.7\n'), piece]).subarray(0, piece.length);
      Readable.from(
        (function* () {
          yield head;
          for (let n = 0; n < pieces; n += 1) {
            most = Math.max(most, process.memoryUsage().arrayBuffers - before);
            yield piece;
          }
        })(),
      ).pipe(response);
    });
    await stand.event(connection, envelope);
    await stand.stored();
    const signed = (await stand.documents()).find(({ kind }) => kind === 'signed');
    expect(signed?.sizeBytes).toBe((pieces + 1) * piece.length);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(64 * 1024 * 1024);
  });

  test('is found soon after the hint, and every one of many is', async () => {
    const connection = stand.connect();
    const { archive, timers } = stand.node();
    archive.start();
    await expect.poll(() => timers.waiting.length, soon).toBeGreaterThan(2);
    const envelopes = Array.from({ length: 450 }, stand.newEnvelope);
    for (const envelope of envelopes) await stand.event(connection, envelope);
    archive.eventArrived();
    archive.eventArrived();
    expect(timers.waiting.filter((delayMs) => delayMs === 3_500)).toHaveLength(1);
    timers.advance(3_500);
    const count = async () => {
      timers.advance(0);
      const { rows } = await stand.database.pool.query<{ n: number }>('SELECT count(*)::integer AS n FROM archive_job');
      return rows[0]?.n;
    };
    await expect.poll(count, { timeout: 20_000 }).toBe(450);
    await archive.stop();
  });
});

describe('other providers', () => {
  test('DocuSign: the combined document and the certificate', async () => {
    const connection = stand.connect({ provider: 'docusign' });
    const path = '/v2.1/accounts/acc/envelopes/env-1';
    stand.provider.on(path, answerJson({ status: 'completed' }));
    stand.provider.on(`${path}/documents/combined`, answerPdf(makePdf(5000)));
    stand.provider.on(`${path}/documents/certificate`, answerPdf(makePdf(1000)));
    const body = { event: 'envelope-completed', data: { accountId: 'acc', envelopeId: 'env-1' } };
    await stand.event(connection, 'env-1', { type: 'envelope-completed', body });
    await stand.stored();
    const kinds = (await stand.documents()).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['certificate', 'signed']);
  });

  test('GoRoute: a received invoice, and the record of a delivered one', async () => {
    const connection = stand.connect({ provider: 'goroute' });
    const xml = Buffer.from('<?xml version="1.0"?><Invoice/>');
    stand.provider.on('/api/v1/documents/doc_1/download', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/xml; charset=utf-8' }).end(xml);
    });
    stand.provider.on('/api/v1/transactions/tx_2', answerJson({ transaction_id: 'tx_2', status: 'delivered' }));
    const received = { data: { transaction_id: 'tx_1', document_id: 'doc_1' } };
    await stand.event(connection, 'tx_1', { type: 'document.received', body: received });
    const delivered = { data: { transaction_id: 'tx_2' } };
    await stand.event(connection, 'tx_2', { type: 'transaction.delivered', body: delivered });
    await stand.stored();
    const documents = await stand.documents();
    expect(new Set(documents.map(({ kind, name, contentType }) => `${kind} ${name} ${contentType}`))).toEqual(
      new Set(['audit-log tx_2.json application/json', 'document doc_1.xml application/xml']),
    );
  });
});

test('the same bytes twice are two documents and one blob', async () => {
  const connection = stand.connect();
  const [one, two] = [stand.newEnvelope(), stand.newEnvelope()];
  completeEnvelope(stand.provider, one);
  completeEnvelope(stand.provider, two);
  await stand.event(connection, one);
  await stand.event(connection, two);
  await stand.stored();
  expect(await stand.documents()).toHaveLength(6);
  expect(await stand.files()).toHaveLength(3);
});

test('a store that is full keeps the job waiting, and its operator hears why', async () => {
  const connection = stand.connect();
  const envelope = stand.newEnvelope();
  completeEnvelope(stand.provider, envelope);
  await stand.event(connection, envelope);
  const { keep } = stand.blobs.kept;
  const { BlobStoreError } = await import('../../src/blobs/blob-store.ts');
  stand.blobs.kept.keep = async (_team, bytes) => {
    bytes.destroy();
    throw new BlobStoreError('The disk is full.', { full: true });
  };
  try {
    expect((await stand.failing())[0]).toMatchObject({ state: 'waiting', lastError: 'store_failed' });
    expect(stand.errors.map(({ error }) => String(error))).toEqual(['BlobStoreError: The disk is full.']);
  } finally {
    stand.blobs.kept.keep = keep;
  }
});

test('a node that stops lets go of its downloads: another goes on at once', async () => {
  const connection = stand.connect();
  const envelope = stand.newEnvelope();
  const { signed } = completeEnvelope(stand.provider, envelope, 300_000);
  stand.provider.on(paths.item(envelope), (_request, response) => {
    response.writeHead(200, { 'content-length': signed.length }).write(signed.subarray(0, 100_000));
  });
  await stand.event(connection, envelope);
  const { archive } = stand.node();
  archive.start();
  await expect.poll(async () => (await stand.files()).length, soon).toBe(1);
  await archive.stop();
  expect(await stand.files()).toEqual([]);
  expect(await stand.job()).toMatchObject({ state: 'waiting', attempts: 0 });
  stand.provider.on(paths.item(envelope), answerPdf(signed));
  expect((await stand.stored())[0]).toMatchObject({ state: 'stored', attempts: 1 });
});

test('who loses the claim gives its download up, and writes nothing of it', async () => {
  const connection = stand.connect();
  const envelope = stand.newEnvelope();
  const { signed } = completeEnvelope(stand.provider, envelope, 300_000);
  let finish: () => void = () => undefined;
  stand.provider.on(paths.item(envelope), (_request, response) => {
    response.writeHead(200, { 'content-length': signed.length }).write(signed.subarray(0, 100_000));
    finish = () => response.end(signed.subarray(100_000));
  });
  await stand.event(connection, envelope);
  const slow = stand.node();
  slow.archive.start();
  await expect.poll(async () => (await stand.files()).length, soon).toBe(1);
  stand.provider.on(paths.item(envelope), answerPdf(signed));
  await stand.makeDue();
  await stand.stored();
  slow.timers.advance(30_000);
  await expect.poll(async () => (await stand.files()).filter((name) => name.startsWith('.draft')), soon).toEqual([]);
  finish();
  await slow.archive.stop();
  expect(await stand.jobs()).toMatchObject([{ state: 'stored', attempts: 1 }]);
  expect(await stand.documents()).toHaveLength(3);
});
