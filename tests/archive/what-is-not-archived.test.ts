import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Problem } from '../../src/problem.ts';
import { plainCaller, sha256Of } from './archive-parts.ts';
import { openArchiveStand, type ArchiveStand } from './archive-stand.ts';
import { answerJson, answerPdf, answerStatus, completeEnvelope, paths } from './fake-provider.ts';

const soon = { timeout: 15_000 };
let stand: ArchiveStand;
beforeAll(async () => {
  stand = await openArchiveStand();
});
beforeEach(() => stand.newTeam());
afterAll(() => stand.close());

describe('nothing but the document is archived:', () => {
  test('a pending envelope answers its download too, and is not asked for it', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    const items = { envelopeItems: [{ id: `${envelope}_item`, title: 'Lease' }] };
    stand.provider.on(paths.envelope(envelope), answerJson({ id: envelope, status: 'PENDING', ...items }));
    await stand.event(connection, envelope);
    const [job] = await stand.failing();
    expect(job).toMatchObject({ state: 'waiting', lastError: 'not_completed' });
    expect(stand.provider.asked).toEqual([paths.envelope(envelope)]);
    expect(await stand.files()).toEqual([]);

    stand.provider.on(paths.envelope(envelope), answerJson({ id: envelope, status: 'COMPLETED', ...items }));
    await stand.makeDue();
    expect((await stand.stored())[0]).toMatchObject({ state: 'stored', attempts: 2 });
  });

  test.each([
    ['an error page with 200', 'text/html', Buffer.from('<!doctype html><title>Sorry</title>'), 'wrong_content'],
    ['an error page that says it is a PDF', 'application/pdf', Buffer.from('<html>Sorry</html>'), 'wrong_content'],
    ['an empty answer', 'application/pdf', Buffer.alloc(0), 'wrong_content'],
    ['JSON', 'application/json', Buffer.from('{"error":"expired"}'), 'wrong_content'],
  ])('%s', async (_what, type, body, error) => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    stand.provider.on(paths.item(envelope), (_request, response) => {
      response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body);
    });
    await stand.event(connection, envelope);
    const [job] = await stand.failing();
    expect(job).toMatchObject({ state: 'waiting', lastError: error });
    const documents = await stand.documents();
    expect(documents.map(({ kind }) => kind).sort()).toEqual(['audit-log', 'certificate']);
    expect(await stand.files()).not.toContain(sha256Of(body));
  });

  test.each(['with a length', 'in chunks'])('a download that ends early, %s', async (how) => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    const { signed } = completeEnvelope(stand.provider, envelope, 300_000);
    stand.provider.on(paths.item(envelope), (_request, response) => {
      response.writeHead(200, how === 'in chunks' ? {} : { 'content-length': signed.length });
      response.write(signed.subarray(0, 200_000), () => response.destroy());
    });
    await stand.event(connection, envelope);
    expect((await stand.failing())[0]).toMatchObject({ state: 'waiting', lastError: 'cut_short' });
    expect((await stand.documents()).map(({ kind }) => kind)).not.toContain('signed');
    expect(await stand.files()).toHaveLength(2);

    stand.provider.on(paths.item(envelope), answerPdf(signed));
    stand.provider.asked.length = 0;
    await stand.makeDue();
    await stand.stored();
    // What was got before is not asked for again.
    expect(stand.provider.asked).toEqual([paths.envelope(envelope), paths.item(envelope)]);
    expect(await stand.documents()).toHaveLength(3);
  });

  test('a body without a length that the connection ends, when it is not a whole PDF', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    const { signed } = completeEnvelope(stand.provider, envelope, 50_000);
    stand.provider.on(paths.item(envelope), (request) => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/pdf\r\nconnection: close\r\n\r\n';
      request.socket.end(Buffer.concat([Buffer.from(head), signed.subarray(0, 40_000)]));
    });
    await stand.event(connection, envelope);
    expect((await stand.failing())[0]).toMatchObject({ lastError: 'cut_short' });
  });

  test('a body that the caller breaks off, which it tells of as a problem', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    await stand.event(connection, envelope);
    const plain = plainCaller(stand.provider.url);
    const { archive } = stand.node({}, async (call) => {
      const answer = await plain(call);
      if (call.path !== paths.item(envelope)) return answer;
      answer.body.resume();
      const body = new Readable({ read: () => undefined });
      body.push('%PDF-1.7\n');
      setImmediate(() => body.destroy(new Problem('provider_unreachable', 'It broke off.')));
      return { ...answer, body };
    });
    archive.start();
    await expect.poll(stand.attempted(1), soon).not.toBeNull();
    await archive.stop();
    expect(await stand.job()).toMatchObject({ state: 'waiting', lastError: 'cut_short' });
    expect((await stand.documents()).map(({ kind }) => kind)).not.toContain('signed');
  });

  test('more than the archive takes', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope, 100_000);
    await stand.event(connection, envelope);
    const [job] = await stand.work('the attempt', stand.attempted(1), { maxDocumentBytes: 50_000 });
    expect(job).toMatchObject({ state: 'waiting', lastError: 'too_large' });
    expect(await stand.files()).toEqual([]);
  });
});

describe('what is not there', () => {
  test('is tried again, and archived when it is there: 404 at first', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    await stand.event(connection, envelope);
    expect((await stand.failing())[0]).toMatchObject({ state: 'waiting', lastError: 'not_found' });
    completeEnvelope(stand.provider, envelope);
    await stand.makeDue();
    expect((await stand.stored())[0]).toMatchObject({ state: 'stored', lastError: null });
  });

  test('is gone at once when the provider says so, and the team is told', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    stand.provider.on(paths.envelope(envelope), answerStatus(410));
    const eventId = await stand.event(connection, envelope);
    const [job] = await stand.stored();
    expect(job).toMatchObject({ state: 'missing', lastError: 'gone', dueAt: null });
    const { id: jobId } = job ?? {};
    expect(await stand.news()).toEqual([
      {
        type: 'posthorn.archive.missing',
        data: {
          jobId,
          eventId,
          connectionId: connection.id,
          provider: 'documenso',
          subject: envelope,
          attempts: 1,
          lastError: 'gone',
          state: 'missing',
        },
      },
    ]);
    expect(stand.told()).toBe(1);
  });

  test('is not offered when it is optional and still not there at the third attempt', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    completeEnvelope(stand.provider, envelope);
    stand.provider.on(paths.auditLog(envelope), answerStatus(404));
    await stand.event(connection, envelope);
    for (const attempt of [1, 2]) {
      expect((await stand.failing(attempt))[0]).toMatchObject({ state: 'waiting', lastError: 'not_found' });
      await stand.makeDue();
    }
    expect((await stand.stored())[0]).toMatchObject({ state: 'stored', attempts: 3 });
    expect((await stand.documents()).map(({ kind }) => kind).sort()).toEqual(['certificate', 'signed']);
  });

  test('is late after an hour, once, and given up after three days', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    stand.provider.on(paths.envelope(envelope), answerStatus(503));
    await stand.event(connection, envelope);
    await stand.failing();
    await stand.age(2);
    await stand.work('the team to be told', async () => (await stand.job()).lateAt);
    await stand.work('another pass', stand.attempted(1));
    expect((await stand.news()).map(({ type }) => type)).toEqual(['posthorn.archive.late']);
    await stand.age(72);
    await stand.makeDue();
    expect((await stand.stored())[0]).toMatchObject({ state: 'missing', lastError: 'provider_failed' });
    expect((await stand.news()).map(({ type }) => type)).toEqual(['posthorn.archive.late', 'posthorn.archive.missing']);
  });

  test('fails for good when an event leads to no document', async () => {
    const connection = stand.connect();
    await stand.event(connection, 'document:12', { body: { payload: { id: 12 } } });
    expect((await stand.stored())[0]).toMatchObject({ state: 'failed', lastError: 'no_documents' });
    expect(stand.provider.asked).toEqual([]);
  });

  test('waits while its connection is away', async () => {
    const connection = stand.connect();
    const envelope = stand.newEnvelope();
    stand.provider.on(paths.envelope(envelope), answerStatus(500));
    await stand.event(connection, envelope);
    await stand.failing();
    stand.disconnect(connection.id);
    await stand.makeDue();
    expect((await stand.failing(2))[0]).toMatchObject({ state: 'waiting', lastError: 'connection_unknown' });
  });
});

describe('the next attempt', () => {
  const dueInMs = async (): Promise<number> => Date.parse((await stand.job()).dueAt ?? '') - Date.now();

  test('comes a minute later, and no sooner than the provider asks', async () => {
    const connection = stand.connect();
    const [plain, asking] = [stand.newEnvelope(), stand.newEnvelope()];
    stand.provider.on(paths.envelope(plain), answerStatus(500));
    await stand.event(connection, plain);
    await stand.failing();
    expect(await dueInMs()).toBeGreaterThan(50_000);
    expect(await dueInMs()).toBeLessThan(70_000);
    stand.provider.on(paths.envelope(asking), answerStatus(429, { 'retry-after': '1800' }));
    await stand.event(connection, asking);
    await stand.work('both attempts', async () => (await stand.jobs()).length === 2 && stand.attempted(1)());
    expect(await dueInMs()).toBeGreaterThan(1_750_000);
  });

  test('is not polling: it comes after the window in which the provider calls it so', async () => {
    const connection = stand.connect({ provider: 'docusign', pollingWindowMs: 900_000 });
    const body = { data: { accountId: 'acc', envelopeId: 'env' } };
    await stand.event(connection, 'env', { type: 'envelope-completed', body });
    await stand.failing();
    const documents = '/v2.1/accounts/acc/envelopes/env/documents';
    expect(stand.provider.asked).toEqual([`${documents}/combined`, `${documents}/certificate`]);
    expect(await dueInMs()).toBeGreaterThan(900_000);
  });
});
