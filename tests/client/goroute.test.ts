import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idempotencyKeyOf } from '../../src/client/goroute/idempotency-key.rules.ts';
import { type Answered, connectionId, type ProviderCall, startEgress } from './egress-server.ts';

async function startGoroute(answer: (call: ProviderCall) => Answered | Promise<Answered>, options = {}) {
  const { client, calls } = await startEgress(answer);
  return { goroute: client.goroute(connectionId, options), calls };
}

describe('goroute', () => {
  it('sends XML and JSON under a key made from your id, the same for the same id', async () => {
    const bodies: string[] = [];
    const { goroute, calls } = await startGoroute(async ({ body }) => {
      bodies.push(String(await body()));
      return { status: 202, json: { transaction_id: 't-1', status: 'pending' } };
    });
    const xml = '<Invoice><ID>INV-1</ID></Invoice>';
    expect((await goroute.send({ id: 'INV-1', document: xml })).transaction_id).toBe('t-1');
    await goroute.send({ id: 'INV-1', document: new TextEncoder().encode(xml) });
    await goroute.send({ id: 'Rechnung Nº 1', document: { invoice: 1 } });
    expect(bodies).toEqual([xml, xml, '{"invoice":1}']);
    expect(calls.map(({ headers }) => headers['content-type'])).toEqual([
      'application/xml',
      'application/xml',
      'application/json',
    ]);
    const keys = calls.map(({ headers }) => headers['idempotency-key']);
    expect(keys.slice(0, 2)).toEqual(['INV-1', 'INV-1']);
    expect(keys[2]).toMatch(/^sha256-[0-9a-f]{64}$/);
    await expect(goroute.send({ id: '', document: xml })).rejects.toThrow(/id is missing/);
  });

  it('makes keys that every header takes, and different ones for different ids', () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(id, id, (one, other) => {
        expect(new Headers({ 'idempotency-key': idempotencyKeyOf(one) }).get('idempotency-key')).toBe(
          idempotencyKeyOf(one),
        );
        expect(idempotencyKeyOf(one) === idempotencyKeyOf(other)).toBe(one === other);
      }),
    );
  });

  it.each([
    [{}, '/api/v1/participants/lookup', 'peppol_id', { found: true, capabilities: [] }],
    [{ lookupPath: '/participants/lookup' }, '/participants/lookup', 'identifier', { registered: true }],
  ])('looks participants up in both ways that are documented: %j', async (options, path, name, json) => {
    const { goroute, calls } = await startGoroute(() => ({ json }), options);
    expect(await goroute.lookup('0088:7300010000001')).toEqual({ registered: true, answer: json });
    expect([calls[0]?.path, calls[0]?.query.get(name)]).toEqual([path, '0088:7300010000001']);
  });

  it('validates, reads transactions and downloads', async () => {
    const { goroute, calls } = await startGoroute(({ path }) => {
      if (path.endsWith('/validate')) return { json: { valid: false, errors: [] } };
      if (path.endsWith('/download')) return { body: '<Invoice/>' };
      return { json: path.endsWith('/transactions') ? [{ id: 't-1' }] : { status: 'delivered' } };
    });
    expect((await goroute.validate('<Invoice/>')).valid).toBe(false);
    expect(await goroute.transactions({ page: 2 })).toEqual([{ id: 't-1' }]);
    expect((await goroute.transaction('t-1')).status).toBe('delivered');
    expect(await (await goroute.download('d-1')).text()).toBe('<Invoice/>');
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/v1/validate',
      'GET /api/v1/transactions',
      'GET /api/v1/transactions/t-1',
      'GET /api/v1/documents/d-1/download',
    ]);
    expect(calls[1]?.query.get('page')).toBe('2');
  });
});

describe('errors of GoRoute', () => {
  const scheme = { error: { code: 'VALIDATION_ERROR', message: 'x', details: [], request_id: 'r' } };
  it.each([
    ['the one scheme', 400, scheme, { code: 'VALIDATION_ERROR', permanent: true }],
    ['the other scheme', 422, { code: 'VAL_001', message: 'x' }, { code: 'VAL_001', permanent: true }],
    ['the other scheme, as a word', 401, { error: 'AUTH_001' }, { code: 'AUTH_001', permanent: true }],
    ['prose', 404, { error: 'No such thing' }, { code: null, permanent: true }],
    ['a limit', 429, {}, { retryable: true, permanent: false }],
    ['a failure', 504, {}, { retryable: true, permanent: false, mayRepeat: true }],
  ])('are read: %s', async (_, status, json, verdict) => {
    const { goroute } = await startGoroute(() => ({ status, json }));
    await expect(goroute.send({ id: 'INV-1', document: '<a/>' })).rejects.toMatchObject({ status, ...verdict });
  });
});
