import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { handClock, openInbox, startFor, systemClock } from './webhook-inbox.ts';

async function open(options: Partial<Parameters<typeof startFor<'goroute'>>[0]> = {}) {
  const simulator = await startFor({ provider: 'goroute', seed: 'http', clock: systemClock, ...options });
  const { apiKey } = simulator.world.api;
  const call = async (method: string, path: string, body?: string | object, headers: Record<string, string> = {}) => {
    const type = typeof body === 'string' ? 'application/xml' : 'application/json';
    const answer = await fetch(`${simulator.url}/peppol-api${path}`, {
      method,
      headers: { 'x-api-key': apiKey, ...(body === undefined ? {} : { 'content-type': type }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : null };
  };
  return { simulator, call };
}

function invoiceTo(receiver: string): string {
  const [scheme, id] = receiver.split(':');
  const party = (role: string, schemeId: string, endpoint: string): string =>
    `<cac:Accounting${role}Party><cac:Party><cbc:EndpointID schemeID="${schemeId}">${endpoint}</cbc:EndpointID></cac:Party></cac:Accounting${role}Party>`;
  const parties = party('Supplier', '0088', '7300010000001') + party('Customer', scheme ?? '', id ?? '');
  return `<?xml version="1.0"?><Invoice xmlns="urn:x"><cbc:ID>2026-17</cbc:ID>${parties}</Invoice>`;
}

test('an invoice goes its way in time, is told of, and can be downloaded as it was sent', async () => {
  const inbox = await openInbox();
  const clock = handClock();
  const { call, simulator } = await open({ clock, stageMs: 1000, webhook: { url: inbox.url, secret: 'hook' } });
  const xml = invoiceTo('9915:phase4-test-receiver');
  const sent = await call('POST', '/api/v1/send', xml);
  expect(sent.json).toEqual({ transaction_id: expect.stringMatching(/^tx_/), status: 'pending' });
  const statuses: string[] = [];
  for (let step = 0; step < 4; step += 1) {
    statuses.push((await call('GET', `/api/v1/transactions/${sent.json.transaction_id}`)).json.status);
    clock.move(1000);
  }
  expect(statuses).toEqual(['pending', 'processing', 'sending', 'delivered']);
  const { json } = await call('GET', `/api/v1/transactions/${sent.json.transaction_id}`);
  expect(json).toMatchObject({
    invoice_number: '2026-17',
    receiver: { scheme: '9915', identifier: 'phase4-test-receiver' },
  });
  expect((await call('GET', `/api/v1/documents/${json.document_id}/download`)).text).toBe(xml);
  await until('both webhooks', () => inbox.received.length === 2);
  expect(inbox.events()).toEqual(['transaction.created', 'transaction.delivered']);
  const [first] = inbox.received;
  const signature = createHmac('sha256', 'hook')
    .update(first?.body ?? '')
    .digest('hex');
  expect(first?.headers['x-goroute-signature']).toBe(`sha256=${signature}`);
  expect(simulator.requests()[0]).toMatchObject({ method: 'POST', status: 202 });
});

test.each([
  ['9915:reject-all', 'REJECTED', 3000],
  ['9915:invalid-cert', 'INVALID_CERTIFICATE', 3000],
  ['9915:not-registered', 'NOT_REGISTERED', 3000],
  ['9915:timeout-test', 'TIMEOUT', 12_000],
])('what goes to %s fails with %s', async (receiver, code, afterMs) => {
  const clock = handClock();
  const { call } = await open({ clock, stageMs: 1000, timeoutMs: 10_000 });
  const { json } = await call('POST', '/api/v1/send', { receiver, invoice_number: '7' });
  clock.move(afterMs - 1);
  expect((await call('GET', `/api/v1/transactions/${json.transaction_id}`)).json.status).toBe('sending');
  clock.move(1);
  const failed = await call('GET', `/api/v1/transactions/${json.transaction_id}`);
  expect(failed.json).toMatchObject({ status: 'failed', error: { code } });
});

test('the same Idempotency-Key sends once', async () => {
  const { call } = await open();
  const send = (key: string) =>
    call('POST', '/api/v1/send', invoiceTo('9915:phase4-test-receiver'), { 'idempotency-key': key });
  const [one, again, other] = [await send('a'), await send('a'), await send('b')];
  expect(again.json).toEqual(one.json);
  expect(other.json.transaction_id === one.json.transaction_id).toBe(false);
  expect((await call('GET', '/api/v1/transactions')).json.total).toBe(2);
});

test('validation names the rule, where, and why', async () => {
  const { call } = await open();
  expect((await call('POST', '/api/v1/validate', invoiceTo('0088:1'))).json).toMatchObject({ valid: true, errors: [] });
  const anonymous = invoiceTo('0088:1').replace('<cbc:ID>2026-17</cbc:ID>', '');
  expect((await call('POST', '/api/v1/validate', anonymous)).json.errors).toMatchObject([
    { rule: 'BR-02', location: '/Invoice' },
  ]);
  expect((await call('POST', '/api/v1/validate', '<Invoice>')).json).toMatchObject({ valid: false });
});

test('errors come in either of the documented schemes', async () => {
  const [named, numbered] = [await open(), await open({ errors: 'numbered' })];
  const broken = await named.call('POST', '/api/v1/send', {});
  expect(broken.status).toBe(400);
  expect(broken.json.error).toMatchObject({ code: 'VALIDATION_ERROR', request_id: expect.stringMatching(/^req_/) });
  expect(broken.json.error.details[0]).toHaveProperty('rule', 'BR-02');
  const other = await numbered.call('POST', '/api/v1/send', {});
  expect([other.status, other.json.error.code]).toEqual([422, 'VAL_001']);
  const stranger = { 'x-api-key': 'sk_test_other' };
  expect((await named.call('GET', '/api/v1/organizations', undefined, stranger)).status).toBe(401);
  expect((await numbered.call('GET', '/api/v1/organizations', undefined, stranger)).json.error.code).toBe('AUTH_001');
});

test('both look-ups answer, each in its own way, and version and health without a key', async () => {
  const { call, simulator } = await open();
  expect((await call('GET', '/participants/lookup?identifier=0088:7300010000001')).json).toMatchObject({
    registered: true,
  });
  expect((await call('GET', '/participants/lookup?identifier=9915:not-registered')).json).toMatchObject({
    registered: false,
  });
  expect((await call('GET', '/api/v1/participants/lookup?peppol_id=9915:not-registered')).json).toEqual({
    found: false,
    capabilities: [],
  });
  expect((await call('GET', '/api/v1/participants/lookup')).status).toBe(400);
  expect((await call('GET', '/api/v1/organizations')).json.organizations).toHaveLength(1);
  expect((await fetch(`${simulator.url}/peppol-api/health`)).status).toBe(200);
  expect((await fetch(`${simulator.url}/peppol-api/peppol/version`)).status).toBe(200);
});

test('a registered webhook hears of its own events, with its own secret and headers', async () => {
  const inbox = await openInbox();
  const { call, simulator } = await open();
  const hook = {
    url: inbox.url,
    events: ['document.received'],
    secret: 'own',
    active: true,
    headers: { 'X-Tenant': 'blue' },
  };
  expect((await call('POST', '/api/v1/webhooks', hook)).status).toBe(201);
  await call('POST', '/api/v1/send', invoiceTo('9915:phase4-test-receiver'));
  simulator.world.act({ subject: 'new', who: 'network', does: 'receive' });
  await until('the webhook', () => inbox.received.length === 1);
  const { headers, body } = inbox.received[0]!;
  const { data } = JSON.parse(String(body)) as { data: { document_id: string; download_url: string } };
  expect(headers['x-tenant']).toBe('blue');
  expect(headers['x-goroute-signature']).toBe(`sha256=${createHmac('sha256', 'own').update(body).digest('hex')}`);
  const path = data.download_url.replace(`${simulator.url}/peppol-api`, '');
  expect((await call('GET', path)).text).toContain('<Invoice');
});
