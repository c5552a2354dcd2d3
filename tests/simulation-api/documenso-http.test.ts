import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { handClock, openInbox, pdfOf, startFor, systemClock } from './webhook-inbox.ts';

async function open(options: Partial<Parameters<typeof startFor<'documenso'>>[0]> = {}) {
  const simulator = await startFor({ provider: 'documenso', seed: 'http', clock: systemClock, ...options });
  const { apiToken } = simulator.world.api;
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(simulator.url + path, {
      method,
      headers: {
        authorization: apiToken,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: answer.status, headers: answer.headers, bytes, json: isJson ? JSON.parse(String(bytes)) : null };
  };
  const create = async (payload: object) => {
    const form = new FormData();
    form.set('payload', JSON.stringify(payload));
    form.append('files', new File([new Uint8Array(pdfOf('lease'))], 'Miète 2026.pdf', { type: 'application/pdf' }));
    const headers = { authorization: `Bearer ${apiToken}` };
    const answer = await fetch(`${simulator.url}/api/v2/envelope/create`, { method: 'POST', headers, body: form });
    return ((await answer.json()) as { id: string }).id;
  };
  return { simulator, call, create };
}

const people = [
  { name: 'Noor Aziz', email: 'noor@example.com', role: 'SIGNER' },
  { name: 'Luca Ferri', email: 'luca@example.com', role: 'SIGNER' },
];
const lease = { title: 'Lease', type: 'DOCUMENT', recipients: people };

test('a pending envelope answers 200 for its signed version, with other bytes than it will have', async () => {
  const { simulator, call, create } = await open();
  const id = await create(lease);
  await call('POST', '/api/v2/envelope/distribute', { envelopeId: id });
  const { json } = await call('GET', `/api/v2/envelope/${id}`);
  const item = json.envelopeItems[0].id;
  const signed = () => call('GET', `/api/v2/envelope/item/${item}/download?version=signed`);

  simulator.world.act({ subject: id, who: 'noor@example.com', does: 'sign' });
  const early = await signed();
  expect(early.status).toBe(200);
  expect(early.headers.get('content-type')).toBe('application/pdf');
  expect((await call('GET', `/api/v2/envelope/${id}/certificate/download`)).json).toEqual({
    error: 'The envelope is not completed',
    code: 'BAD_REQUEST',
  });
  simulator.world.act({ subject: id, who: 'luca@example.com', does: 'sign' });
  const [late, again] = [await signed(), await signed()];
  expect(late.bytes.equals(early.bytes)).toBe(false);
  expect(again.bytes).toEqual(late.bytes);
  const original = await call('GET', `/api/v2/envelope/item/${item}/download?version=original`);
  expect(original.bytes).toEqual(pdfOf('lease'));
  expect((await call('GET', `/api/v2/envelope/${id}/certificate/download`)).bytes.subarray(0, 5).toString()).toBe(
    '%PDF-',
  );
});

test('v1 uploads, sends, and downloads only what is completed and kept in a bucket', async () => {
  const { simulator, call } = await open();
  const made = await call('POST', '/api/v1/documents', { title: 'Old lease', recipients: people.slice(0, 1) });
  const { documentId, uploadUrl } = made.json;
  await fetch(uploadUrl, { method: 'PUT', body: new Uint8Array(pdfOf('old')) });
  const field = {
    recipientId: made.json.recipients[0].recipientId,
    type: 'SIGNATURE',
    pageNumber: 1,
    pageX: 1,
    pageY: 2,
  };
  expect((await call('POST', `/api/v1/documents/${documentId}/fields`, field)).json.fields).toHaveLength(1);
  const download = () => call('GET', `/api/v1/documents/${documentId}/download`);
  expect(await download()).toMatchObject({ status: 400, json: { message: 'Document is not completed yet' } });
  await call('POST', `/api/v1/documents/${documentId}/send`, {});
  simulator.world.act({ subject: String(documentId), who: 'Noor Aziz', does: 'sign' });
  const { json } = await download();
  expect(String(Buffer.from(await (await fetch(json.downloadUrl)).arrayBuffer()))).toContain(String(pdfOf('old')));
  const list = await call('GET', '/api/v1/documents?perPage=5');
  expect(list.json).toMatchObject({ totalPages: 1, documents: [{ id: documentId, status: 'COMPLETED' }] });
  expect((await call('GET', '/api/v1/documents/1')).json).toEqual({ message: 'Document not found' });
});

test('v1 answers 500 to a download when files are kept in the database', async () => {
  const { call } = await open({ storage: 'database' });
  const { json } = await call('POST', '/api/v1/documents', { title: 'Lease', recipients: [] });
  expect((await call('GET', `/api/v1/documents/${json.documentId}/download`)).status).toBe(500);
});

test('an address has so many calls a minute, for v1 and v2 each, and hears when the minute ends', async () => {
  const clock = handClock(Date.UTC(2026, 0, 1, 0, 0, 45));
  const { call } = await open({ clock, callsPerMinute: 2 });
  const first = await call('GET', '/api/v2/envelope');
  const reset = String(Date.UTC(2026, 0, 1, 0, 1) / 1000);
  const told = ['limit', 'remaining', 'reset'].map((name) => first.headers.get(`x-ratelimit-${name}`));
  expect(told).toEqual(['2', '1', reset]);
  await call('GET', '/api/v2/envelope');
  const over = await call('GET', '/api/v2/envelope');
  expect(over).toMatchObject({ status: 429, json: { error: 'Too many requests' } });
  expect(over.headers.get('retry-after')).toBe('15');
  expect((await call('GET', '/api/v1/documents')).status).toBe(200);
  clock.move(15_000);
  expect((await call('GET', '/api/v2/envelope')).status).toBe(200);
});

test('a used up quota of the organisation says nothing of when to come back', async () => {
  const { call, simulator } = await open({ organisationQuota: 1 });
  await call('GET', '/api/v2/envelope');
  const over = await call('GET', '/api/v2/envelope');
  expect(over.status).toBe(429);
  expect(over.headers.get('retry-after')).toBeNull();
  expect(over.json.data).toMatchObject({ httpStatus: 429, code: 'TOO_MANY_REQUESTS' });
  simulator.world.api.setOrganisationQuota(null);
  expect((await call('GET', '/api/v2/envelope')).status).toBe(200);
});

test('lists come in pages of at most 100, and other errors in the shape of v2', async () => {
  const { call, create } = await open();
  const ids = [await create(lease), await create({ ...lease, title: 'Second' }), await create(lease)];
  const second = await call('GET', '/api/v2/envelope?perPage=2&page=2');
  expect(second.json).toMatchObject({ count: 3, currentPage: 2, perPage: 2, totalPages: 2, data: [{ id: ids[0] }] });
  const tooMany = await call('GET', '/api/v2/envelope?perPage=101');
  expect(tooMany).toMatchObject({
    status: 400,
    json: { code: 'BAD_REQUEST', issues: [{ message: 'perPage: at most 100' }] },
  });
  expect((await call('GET', '/api/v2/envelope?query=second')).json.data).toMatchObject([{ id: ids[1] }]);
  expect((await call('POST', '/api/v2/envelope/nothing')).status).toBe(405);
  expect((await call('POST', '/api/v2/nothing/at/all')).status).toBe(404);
  expect((await call('POST', '/api/v2/envelope/create', {})).json.message).toBe('The body is not multipart/form-data');
});

test('a webhook that is not taken comes again, as often as the job runner tries', async () => {
  const inbox = await openInbox((_received, nth) => (nth <= 2 ? 503 : 200));
  const { simulator, create } = await open({ webhook: { url: inbox.url } });
  await create(lease);
  await until('it is taken', () => simulator.webhooks().some(({ acknowledged }) => acknowledged));
  expect(simulator.webhooks().map(({ attempt, status }) => [attempt, status])).toEqual([
    [1, 503],
    [2, 503],
    [3, 200],
  ]);
  const payloads = inbox.received.map(({ body }) => JSON.stringify(JSON.parse(String(body)).payload));
  expect(new Set(payloads).size).toBe(1);
});

test('somebody can sign by a page and by a request, and cannot when it is not their turn', async () => {
  const { simulator, call, create } = await open();
  const id = await create({ ...lease, meta: { signingOrder: 'SEQUENTIAL' } });
  const { json } = await call('POST', '/api/v2/envelope/distribute', { envelopeId: id });
  const act = (who: string, does = 'sign') => call('POST', '/simulator/act', { subject: id, who, does });
  expect(await act('luca@example.com')).toMatchObject({ status: 409, json: { remedy: expect.any(String) } });
  expect(await act('nobody@example.com')).toMatchObject({ status: 409 });
  expect(await (await fetch(json.recipients[0].signingUrl, { method: 'POST' })).text()).toContain('Signed.');
  expect((await act('luca@example.com')).json).toEqual({ done: true });
  expect(simulator.world.subjects()).toMatchObject([{ id, status: 'COMPLETED' }]);
  expect((await call('POST', '/simulator/act', undefined, { 'content-type': 'text/plain' })).status).toBe(415);
});

test('left alone, people open and sign when their time has come', async () => {
  const clock = handClock();
  const { simulator, call, create } = await open({ clock, signAfterMs: 60_000 });
  const id = await create(lease);
  await call('POST', '/api/v2/envelope/distribute', { envelopeId: id });
  clock.move(59_000);
  simulator.world.advance();
  expect(simulator.world.subjects()[0]?.status).toBe('PENDING');
  clock.move(1000);
  simulator.world.advance();
  expect(simulator.world.subjects()[0]?.status).toBe('COMPLETED');
});

test('equal seeds and requests make equal worlds', async () => {
  const [one, other] = [await open({ clock: handClock() }), await open({ clock: handClock() })];
  const ids = [await one.create(lease), await other.create(lease)];
  expect(ids[0]).toBe(ids[1]);
  const shown = await Promise.all(
    [one, other].map(async ({ call }) => String((await call('GET', `/api/v2/envelope/${ids[0]}`)).bytes)),
  );
  expect(shown[0]).toEqual(shown[1]);
  expect((await (await open({ seed: 'another' })).create(lease)) === ids[0]).toBe(false);
});

test('what is oldest goes when there is too much of it', async () => {
  const { call, create } = await open({ bounds: { most: 2, mostBytes: 1e9 } });
  const ids = [await create(lease), await create(lease), await create(lease)];
  const statuses = await Promise.all(ids.map(async (id) => (await call('GET', `/api/v2/envelope/${id}`)).status));
  expect(statuses).toEqual([404, 200, 200]);
});
