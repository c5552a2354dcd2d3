import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { handClock, openInbox, pdfOf, startFor, systemClock } from './webhook-inbox.ts';

const makeKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const [keys, stranger] = [makeKeys(), makeKeys()];

async function open(options: Partial<Parameters<typeof startFor<'docusign'>>[0]> = {}) {
  const given = { publicKeyPem: keys.publicKey, isConsentGiven: true, seed: 'http', clock: systemClock };
  const simulator = await startFor({ provider: 'docusign', ...given, ...options });
  const { api } = simulator.world;
  const clock = options.clock ?? systemClock;
  const token = api.issueToken(clock.now());
  const base = `${simulator.url}/restapi/v2.1/accounts/${api.accountId}`;
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, json: JSON.parse((await answer.text()) || 'null') };
  };
  const create = async () => {
    const documents = [{ documentId: '1', name: 'Lease', documentBase64: pdfOf('lease').toString('base64') }];
    const signers = [{ email: 'noor@example.com', name: 'Noor Aziz', recipientId: '1' }];
    const { json } = await call('POST', '/envelopes', { status: 'sent', documents, recipients: { signers } });
    return String(json.envelopeId);
  };
  return { simulator, api, base, token, call, create };
}

type Claims = Record<string, unknown>;

function assertionOf(claims: Claims, { key = keys.privateKey, alg = 'RS256' } = {}): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

async function ask(url: string, assertion: string): Promise<{ status: number; error?: string; description?: string }> {
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body });
  const json = (await answer.json()) as { error?: string; error_description?: string };
  return {
    status: answer.status,
    ...(json.error === undefined ? {} : { error: json.error, description: json.error_description ?? '' }),
  };
}

test('an assertion has to be right in every part', async () => {
  const { simulator, api } = await open();
  const now = Math.floor(Date.now() / 1000);
  const right = {
    iss: api.integrationKey,
    sub: api.userId,
    aud: 'account-d.docusign.com',
    iat: now,
    exp: now + 600,
    scope: 'signature impersonation',
  };
  expect(await ask(simulator.url, assertionOf(right))).toEqual({ status: 200 });
  expect(await ask(simulator.url, assertionOf({ ...right, aud: new URL(simulator.url).host }))).toEqual({
    status: 200,
  });
  const wrong: [string, string][] = [
    [assertionOf({ ...right, iss: api.userId }), 'iss is not the integration key'],
    [assertionOf({ ...right, sub: api.integrationKey }), 'sub is not a user of the account'],
    [assertionOf({ ...right, aud: 'https://account-d.docusign.com' }), 'aud is not the host of the account server'],
    [assertionOf({ ...right, iat: now + 600 }), 'iat is missing or in the future'],
    [assertionOf({ ...right, exp: now - 1 }), 'exp is missing or has passed'],
    [assertionOf({ ...right, exp: now + 90_000 }), 'exp is more than an hour after iat'],
    [assertionOf(right, { key: stranger.privateKey }), 'the signature does not hold with the registered key'],
    [assertionOf(right, { alg: 'none' }), 'the assertion is not signed with RS256'],
    ['nonsense', 'the assertion is no JWT'],
  ];
  for (const [assertion, description] of wrong) {
    expect(await ask(simulator.url, assertion)).toEqual({ status: 400, error: 'invalid_grant', description });
  }
  const narrow = await ask(simulator.url, assertionOf({ ...right, scope: 'signature' }));
  expect(narrow).toMatchObject({ status: 400, error: 'consent_required' });
});

test('tokens end with their time, and an unknown one is refused', async () => {
  const clock = handClock();
  const { call, base } = await open({ clock, tokenLifetimeSeconds: 600 });
  expect((await call('GET', '/users')).status).toBe(200);
  clock.move(600_000);
  expect(await call('GET', '/users')).toMatchObject({
    status: 401,
    json: { errorCode: 'AUTHORIZATION_INVALID_TOKEN' },
  });
  expect((await fetch(`${base}/users`, { headers: { authorization: 'Bearer made-up' } })).status).toBe(401);
});

test('multipart brings the same documents as base64', async () => {
  const { base, token } = await open();
  const definition = {
    status: 'sent',
    documents: [{ documentId: '7', name: 'Lease' }],
    recipients: { signers: [{ email: 'a@example.com', name: 'A', recipientId: '1' }] },
  };
  const body = [
    '--AAA\r\nContent-Type: application/json\r\nContent-Disposition: form-data\r\n\r\n',
    JSON.stringify(definition),
    '\r\n--AAA\r\nContent-Type: application/pdf\r\nContent-Disposition: file; filename="lease.pdf"; documentid=7\r\n\r\n',
    pdfOf('by parts'),
    '\r\n--AAA--\r\n',
  ];
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=AAA' };
  const sent = Buffer.concat(body.map((part) => Buffer.from(part)));
  const answer = await fetch(`${base}/envelopes`, { method: 'POST', headers, body: new Uint8Array(sent) });
  expect(answer.status).toBe(201);
  const { envelopeId } = (await answer.json()) as { envelopeId: string };
  const file = await fetch(`${base}/envelopes/${envelopeId}/documents/7`, { headers });
  expect(Buffer.from(await file.arrayBuffer())).toEqual(pdfOf('by parts'));
});

test('an account has so many calls an hour and in 30 s, and sign-in is not counted', async () => {
  const clock = handClock(Date.UTC(2026, 0, 1, 0, 59));
  const { call, simulator, token } = await open({ clock, callsPerHour: 4, burst: 3 });
  const info = await fetch(`${simulator.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  expect(info.headers.get('x-ratelimit-limit')).toBeNull();
  const first = await call('GET', '/users');
  const names = [
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'x-burstlimit-limit',
    'x-burstlimit-remaining',
  ];
  const reset = String(Date.UTC(2026, 0, 1, 1) / 1000);
  expect(names.map((name) => first.headers.get(name))).toEqual(['4', '3', reset, '3', '2']);
  await call('GET', '/users');
  await call('GET', '/users');
  expect((await call('GET', '/users')).json.errorCode).toBe('BURST_APIINVOCATION_LIMIT_EXCEEDED');
  clock.move(30_000);
  expect((await call('GET', '/users')).json).toEqual({
    errorCode: 'HOURLY_APIINVOCATION_LIMIT_EXCEEDED',
    message: 'The maximum number of hourly API invocations has been exceeded. The hourly limit is 4.',
  });
  clock.move(30_000);
  expect((await call('GET', '/users')).status).toBe(200);
});

test('polling one envelope is refused where a limit is set, each envelope for itself', async () => {
  const { call, create } = await open({ envelopeLimits: { hourlyPolling: 2, burstWrites: 1 } });
  const [one, other] = [await create(), await create()];
  await call('GET', `/envelopes/${one}`);
  await call('GET', `/envelopes/${one}/documents`);
  const refused = await call('GET', `/envelopes/${one}`);
  expect(refused).toMatchObject({ status: 400, json: { errorCode: 'Hourly_Envelope_Polling_Limit_Exceeded' } });
  expect((await call('GET', `/envelopes/${other}`)).status).toBe(200);
  await call('PUT', `/envelopes/${other}`, { emailSubject: 'Another' });
  const write = await call('PUT', `/envelopes/${other}`, { emailSubject: 'Yet another' });
  expect(write).toMatchObject({ status: 400, json: { errorCode: 'Burst_APIInvocation_Envelope_Limit_Exceeded' } });
});

test('lists are of what changed since, and come in pages', async () => {
  const clock = handClock();
  const { call, create, simulator } = await open({ clock });
  const early = await create();
  clock.move(60_000);
  const since = new Date(clock.now()).toISOString();
  const late = await create();
  const list = (query: string) => call('GET', `/envelopes?${query}`);
  expect((await list(`from_date=${since}`)).json.envelopes).toMatchObject([{ envelopeId: late }]);
  clock.move(1000);
  simulator.world.act({ subject: early, who: 'noor@example.com', does: 'sign' });
  expect((await list(`from_date=${since}&count=1`)).json).toMatchObject({ resultSetSize: '1', totalSetSize: '2' });
  expect((await list(`from_date=${since}&status=completed`)).json.envelopes).toMatchObject([{ envelopeId: early }]);
  expect((await call('GET', '/envelopes?from_date=yesterday')).status).toBe(400);
});

test('Connect stops at what is not taken, and goes on in order when it is asked to', async () => {
  const key = 'connect key';
  let isDown = true;
  const inbox = await openInbox(() => (isDown ? 500 : 200));
  const { call, create, simulator } = await open({ webhook: { url: inbox.url, secrets: [key, 'older key'] } });
  const envelopeId = await create();
  simulator.world.act({ subject: envelopeId, who: 'noor@example.com', does: 'sign' });
  await until('the first attempt', () => simulator.webhooks().length === 1);
  isDown = false;
  expect(await call('PUT', `/connect/envelopes/${envelopeId}/retry_queue`, {})).toMatchObject({ status: 200 });
  await until('all messages', () => inbox.received.length === 5);
  expect(inbox.events()).toEqual([
    'envelope-sent',
    'envelope-sent',
    'recipient-sent',
    'recipient-completed',
    'envelope-completed',
  ]);
  const retried = JSON.parse(String(inbox.received[1]?.body)) as { retryCount: number };
  expect(retried.retryCount).toBe(1);
  for (const { headers, body } of inbox.received) {
    const signatureOf = (secret: string) => createHmac('sha256', secret).update(body).digest('base64');
    expect([headers['x-docusign-signature-1'], headers['x-docusign-signature-2']]).toEqual([
      signatureOf(key),
      signatureOf('older key'),
    ]);
  }
});

test('Connect goes on by itself after a while, and gives up after ten retries', async () => {
  const inbox = await openInbox((_received, nth) => (nth <= 11 ? 500 : 200));
  const { create, simulator } = await open({ webhook: { url: inbox.url, secret: 'key', retryDelayMs: 1 } });
  await create();
  await until('the next message', () => simulator.webhooks().some(({ acknowledged }) => acknowledged));
  const attempts = simulator.webhooks().map(({ event, attempt }) => `${event} ${attempt}`);
  expect(attempts.slice(10)).toEqual(['envelope-sent 11', 'recipient-sent 1']);
});
