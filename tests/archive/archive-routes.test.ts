import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { archiveRoutes } from '../../src/archive/archive.routes.ts';
import { createTestApi } from '../support/configuration-api.ts';
import { createRouteServer } from '../support/route-server.ts';
import { type ArchiveStand, openArchiveStand } from './archive-stand.ts';
import { answerJson, completeEnvelope, paths } from './fake-provider.ts';

let stand: ArchiveStand;
let app: FastifyInstance;
let hints: string[];
let services: Parameters<typeof archiveRoutes>[0]['services'];
beforeAll(async () => {
  stand = await openArchiveStand();
  services = {
    database: stand.database.pool,
    clock: stand.clock,
    ids: stand.ids,
    sealer: undefined as never,
    environment: 'development',
    blobs: stand.blobs,
    connections: stand.directory,
    onJob: () => hints.push('job'),
    onVerification: () => hints.push('verification'),
    onTold: () => hints.push('told'),
    onError: (error: unknown) => hints.push(String(error)),
    verifyInMs: () => 1000,
  };
  app = await createRouteServer(archiveRoutes({ services }));
  await app.listen({ port: 0, host: '127.0.0.1' });
});
beforeEach(async () => {
  hints = [];
  await stand.newTeam();
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

// oxlint-disable-next-line typescript/no-explicit-any -- answers of every shape are looked into
type Json = any;
const path = (rest = ''): string => `/v1/teams/${stand.teamId}/archive${rest}`;
async function ask(method: 'GET' | 'POST', rest = '', payload?: object): Promise<{ status: number; body: Json }> {
  const answer = await app.inject({ method, url: path(rest), ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, body: answer.json() };
}
async function archived(...envelopes: string[]) {
  const connection = stand.connect();
  const pdfs = envelopes.map((envelope, index) => completeEnvelope(stand.provider, envelope, 200_000 + index * 10));
  for (const envelope of envelopes) await stand.event(connection, envelope);
  await stand.work('it to be stored', async () => {
    const jobs = await stand.jobs();
    return jobs.length === envelopes.length && jobs.every(({ state }) => state === 'stored');
  });
  return { connection, pdfs, documents: await stand.documents() };
}
const download = (id: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}${path(`/${id}/body`)}`);

describe('the archive over HTTP', () => {
  test('lists documents, newest first, by page and by every filter', async () => {
    const { connection, documents } = await archived('env_a', 'env_b');
    const first = await ask('GET', '?limit=4');
    const second = await ask('GET', `?limit=4&cursor=${first.body.nextCursor}`);
    expect([...first.body.data, ...second.body.data]).toEqual(documents);
    expect(second.body.nextCursor).toBeNull();
    const count = async (query: string) => Number((await ask('GET', query)).body.data.length);
    expect(await count('?subject=env_a')).toBe(3);
    expect(await count('?subject=env_a&kind=signed')).toBe(1);
    expect(await count(`?connection=${connection.id}&state=stored`)).toBe(6);
    expect(await count('?state=damaged')).toBe(0);
    expect(await count('?connection=con_01h455vb4pex5vsknk084sn02q')).toBe(0);
    expect(await count(`?since=${new Date(Date.now() + 60_000).toISOString()}`)).toBe(0);
    expect(await count(`?until=${new Date(Date.now() + 60_000).toISOString()}`)).toBe(6);
    expect((await ask('GET', '?kind=unknown')).status).toBe(400);
    expect((await ask('GET', `/${documents[0]?.id}`)).body).toEqual(documents[0]);
    expect((await ask('GET', '/doc_01h455vb4pex5vsknk084sn02q')).status).toBe(404);
  });

  test('gives a document back byte for byte, as a download that nothing runs in', async () => {
    const { pdfs, documents } = await archived('env_c');
    const signed = documents.find(({ kind }) => kind === 'signed');
    const answer = await download(signed?.id ?? '');
    expect(answer.status).toBe(200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.equals(pdfs[0]?.signed ?? Buffer.alloc(0))).toBe(true);
    const digest = createHash('sha256').update(bytes).digest('base64');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(bytes.length),
      'content-disposition': `attachment; filename="Lease.pdf"; filename*=UTF-8''Lease.pdf`,
      'x-content-type-options': 'nosniff',
      'repr-digest': `sha-256=:${digest}:`,
    });
  });

  test('breaks a download of changed bytes off before its end, and tells of the damage', async () => {
    const { documents } = await archived('env_d');
    const [first] = documents;
    if (first === undefined) throw new Error('nothing was archived');
    await stand.tamper(first.sha256, Buffer.alloc(first.sizeBytes, '%'));
    const answer = await download(first.id);
    await expect(answer.arrayBuffer()).rejects.toThrow(/terminated/);
    await expect
      .poll(async () => String((await ask('GET', `/${first.id}`)).body.state), { timeout: 10_000 })
      .toBe('damaged');
    expect((await stand.news()).map(({ type }) => type)).toEqual(['posthorn.archive.damaged']);
    expect(hints).toContain('told');
  });

  test('says so when a document that fits in one piece was changed: nothing of it was sent yet', async () => {
    const connection = stand.connect();
    completeEnvelope(stand.provider, 'env_small', 3000);
    await stand.event(connection, 'env_small');
    const documents = await stand.work('three documents', async () => {
      const all = await stand.documents();
      return all.length === 3 ? all : null;
    });
    const [first] = documents;
    if (first === undefined) throw new Error('nothing was archived');
    await stand.tamper(first.sha256, Buffer.alloc(first.sizeBytes, '%'));
    const { status, body } = await ask('GET', `/${first.id}/body`);
    expect([status, body]).toEqual([
      500,
      expect.objectContaining({ code: 'document_damaged', detail: expect.stringContaining(first.jobId) }),
    ]);
    await expect
      .poll(async () => String((await ask('GET', `/${first.id}`)).body.state), { timeout: 10_000 })
      .toBe('damaged');
  });

  test('says so when bytes are missing or of another length, instead of sending them', async () => {
    const { documents } = await archived('env_e');
    const [one, two] = documents;
    if (one === undefined || two === undefined) throw new Error('nothing was archived');
    await stand.tamper(one.sha256, null);
    await stand.tamper(two.sha256, Buffer.from('short'));
    for (const { id, jobId } of [one, two]) {
      const { status, body } = await ask('GET', `/${id}/body`);
      expect(status).toBe(500);
      expect(body).toMatchObject({ code: 'document_damaged', detail: expect.stringContaining(jobId) });
    }
    expect((await ask('GET', `/${one.id}`)).body.state).toBe('missing');
    expect((await ask('GET', `/${two.id}`)).body.state).toBe('damaged');
  });

  test('has a subject archived that no event told of, once', async () => {
    const connection = stand.connect({ archive: false });
    completeEnvelope(stand.provider, 'env_f');
    const asked = await ask('POST', '', { connection: connection.id, subject: 'env_f' });
    expect(asked).toMatchObject({
      status: 202,
      body: { state: 'waiting', eventId: null, completion: 'DOCUMENT_COMPLETED', subject: 'env_f' },
    });
    expect(hints).toEqual(['job']);
    await stand.work('it to be stored', async () => (await stand.job()).state === 'stored');
    const again = await ask('POST', '', { connection: connection.id, subject: 'env_f' });
    expect(again.body).toMatchObject({ id: asked.body.id, state: 'waiting', attempts: 0 });
    await stand.work('it to be fetched again', async () => (await stand.job()).state === 'stored');
    expect(await stand.documents()).toHaveLength(3);
    expect(stand.provider.asked).toHaveLength(8);
  });

  test('a job that was asked for too early takes up the event when it comes', async () => {
    const connection = stand.connect();
    stand.provider.on(paths.envelope('env_g'), answerJson({ status: 'PENDING', envelopeItems: [] }));
    await ask('POST', '', { connection: connection.id, subject: 'env_g' });
    await stand.work('the attempt', async () => (await stand.job()).attempts === 1);
    completeEnvelope(stand.provider, 'env_g');
    const eventId = await stand.event(connection, 'env_g');
    await stand.work('it to be stored', async () => (await stand.job()).state === 'stored');
    expect(await stand.jobs()).toMatchObject([{ eventId, attempts: 1 }]);
  });

  test('refuses what cannot be archived, and says why', async () => {
    const [stripe, goroute] = [stand.connect({ provider: 'stripe' }), stand.connect({ provider: 'goroute' })];
    const post = (body: object) => ask('POST', '', body);
    expect(await post({ connection: stripe.id, subject: 'x' })).toMatchObject({ status: 400 });
    expect(await post({ connection: goroute.id, subject: 'x', completion: 'DOCUMENT_COMPLETED' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('transaction.delivered, document.received') },
    });
    const other = { ...goroute, id: stand.ids.next('con'), teamId: stand.ids.next('team') };
    stand.replace(other);
    expect(await post({ connection: other.id, subject: 'x' })).toMatchObject({ status: 404 });
    expect(await post({ connection: 'con_unknown', subject: 'x' })).toMatchObject({ status: 404 });
    expect(await post({ connection: goroute.id, subject: '' })).toMatchObject({ status: 400 });
  });

  test('lists jobs with what stands in the way, and retries one', async () => {
    const connection = stand.connect();
    await stand.event(connection, 'env_h');
    await stand.work('the attempt', async () => (await stand.job()).attempts === 1);
    const { body } = await ask('GET', '/jobs?state=waiting&subject=env_h');
    expect(body.data).toMatchObject([{ subject: 'env_h', lastError: 'not_found', attempts: 1 }]);
    expect((await ask('GET', '/jobs?state=stored')).body.data).toEqual([]);
    const retried = await ask('POST', `/jobs/${body.data[0].id}/retry`);
    expect(retried).toMatchObject({ status: 202, body: { attempts: 0, state: 'waiting' } });
    expect(Date.parse(retried.body.dueAt)).toBeLessThan(Date.now() + 5_000);
    expect((await ask('POST', '/jobs/ajb_01h455vb4pex5vsknk084sn02q/retry')).status).toBe(404);
  });

  test('verifies in the background, and shows how far it is', async () => {
    expect((await ask('GET', '/verify')).status).toBe(404);
    await archived('env_i');
    expect(await ask('POST', '/verify', { all: true })).toMatchObject({
      status: 202,
      body: { state: 'running', total: 3, checked: 0 },
    });
    expect(hints).toEqual(['verification']);
    await stand.work('it to finish', async () => (await ask('GET', '/verify')).body.state === 'finished');
    expect((await ask('GET', '/verify')).body).toMatchObject({ total: 3, checked: 3, damaged: 0, missing: 0 });
  });

  test('keeps teams apart', async () => {
    const { documents } = await archived('env_j');
    const otherTeam = await stand.newTeam().then(() => stand.teamId);
    expect((await ask('GET')).body.data).toEqual([]);
    for (const { id } of documents) {
      expect((await app.inject(`/v1/teams/${otherTeam}/archive/${id}`)).statusCode).toBe(404);
      expect((await app.inject(`/v1/teams/${otherTeam}/archive/${id}/body`)).statusCode).toBe(404);
    }
    expect((await app.inject('/v1/teams/team_01h455vb4pex5vsknk084sn02q/archive')).statusCode).toBe(404);
  });
});

test('reading and writing take permissions of their own', async () => {
  await using api = await createTestApi({
    register: (server, made) => void server.register(archiveRoutes({ services: { ...services, ...made.services } })),
  });
  const team = await api.createTeam();
  const { key: reader } = await api.createKey(team, ['archive:read']);
  const { key: writer } = await api.createKey(team, ['archive:write']);
  const status = async (method: 'GET' | 'POST', rest: string, key: string, body?: object) =>
    (await api.call(method, `/v1/teams/${team}/archive${rest}`, { key, ...(body === undefined ? {} : { body }) }))
      .status;
  expect(await status('GET', '', reader)).toBe(200);
  expect(await status('GET', '/jobs', reader)).toBe(200);
  expect(await status('GET', '', writer)).toBe(403);
  expect(await status('POST', '/verify', reader, {})).toBe(403);
  expect(await status('POST', '/verify', writer, {})).toBe(202);
});
