import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential } from '../provider-profile.ts';
import { shopifyProfile } from './profile.rules.ts';

const options = { duplicatesBy: 'webhook-id' };
const nowMs = Date.UTC(2026, 10, 20);
const secret: Credential = { name: 'main', kind: 'secret', value: 'theClientSecretOfTheApp' };
const otherSecret: Credential = { name: 'next', kind: 'secret', value: 'aNewerClientSecret' };
const order = {
  id: 5_678_901_234_567,
  admin_graphql_api_id: 'gid://shopify/Order/5678901234567',
  email: 'jön@example.com',
  updated_at: '2026-11-19T08:00:00-05:00',
};
const body = Buffer.from(JSON.stringify(order, null, 2));
const delivery = {
  'x-shopify-topic': 'orders/create',
  'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
  'x-shopify-shop-domain': 'example.myshopify.com',
};

function signature(content: Buffer = body, by: Credential = secret, algorithm = 'sha256'): string {
  return createHmac(algorithm, by.value).update(content).digest('base64');
}

describeSigned('base64 of the body', {
  profile: shopifyProfile,
  options,
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign: ({ body: content, credential }) =>
    inbound({ headers: { ...delivery, 'x-shopify-hmac-sha256': signature(content, credential) }, body: content }),
  signatureIn: { header: 'x-shopify-hmac-sha256' },
  toleranceSeconds: null,
});

describe('x-shopify-hmac-sha256', () => {
  const hex = createHmac('sha256', secret.value).update(body).digest('hex');

  test.each([
    ['in hex', { 'x-shopify-hmac-sha256': hex }, 'signature_malformed'],
    ['without padding', { 'x-shopify-hmac-sha256': signature().slice(0, -1) }, 'signature_malformed'],
    ['with a prefix', { 'x-shopify-hmac-sha256': `sha256=${signature()}` }, 'signature_malformed'],
    ['by SHA-1', { 'x-shopify-hmac-sha256': signature(body, secret, 'sha1') }, 'signature_malformed'],
    ['under another name', { 'x-shopify-hmac': signature() }, 'signature_missing'],
    ['over another body', { 'x-shopify-hmac-sha256': signature(Buffer.from('{}')) }, 'signature_mismatch'],
  ])('a signature %s is refused', (_what, headers, reason) => {
    const request = inbound({ headers, body });
    expect(shopifyProfile.verify(request, [secret], options, nowMs)).toMatchObject({ verified: false, reason });
  });
});

describe('identify', () => {
  const identify = (
    content: unknown,
    headers: Record<string, string | string[]> = {},
    duplicatesBy: string = 'webhook-id',
  ) =>
    shopifyProfile.identify(
      inbound({
        headers: { ...delivery, ...headers },
        body: Buffer.isBuffer(content) ? content : JSON.stringify(content),
      }),
      { duplicatesBy },
    );

  test('takes topic and id from the headers and the thing from the body', () => {
    expect(identify(body)).toEqual({
      eventType: 'orders.create',
      externalId: delivery['x-shopify-webhook-id'],
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: 'orders/5678901234567',
      occurredAtMs: null,
    });
  });

  test('another attempt is a duplicate, the same body under another id is not', () => {
    const { dedupeKey } = identify(order);
    expect(identify(order, { 'x-shopify-triggered-at': '2026-11-20T00:00:00Z' }).dedupeKey).toBe(dedupeKey);
    expect(identify(order, { 'x-shopify-webhook-id': 'another' }).dedupeKey).not.toBe(dedupeKey);
  });

  test('nobody makes an event pass for a duplicate by sending something else under its id', () => {
    expect(identify({ id: 1 }).dedupeKey).not.toBe(identify(order).dedupeKey);
  });

  test('by body, a captured one stays the same event under any id, and topics stay apart', () => {
    const { dedupeKey } = identify(order, {}, 'body');
    for (const webhookId of ['another', '', ['a', 'b']]) {
      expect(identify(order, { 'x-shopify-webhook-id': webhookId }, 'body').dedupeKey).toBe(dedupeKey);
    }
    expect(identify(order, { 'x-shopify-topic': 'orders/paid' }, 'body').dedupeKey).not.toBe(dedupeKey);
    expect(identify({ ...order, email: null }, {}, 'body').dedupeKey).not.toBe(dedupeKey);
  });

  test('topic and body do not run into one another', () => {
    const one = identify(Buffer.from('bc'), { 'x-shopify-topic': 'a' }, 'body');
    expect(identify(Buffer.from('c'), { 'x-shopify-topic': 'ab' }, 'body').dedupeKey).not.toBe(one.dedupeKey);
  });

  test('without an id the body tells duplicates', () => {
    const none = { 'x-shopify-webhook-id': '' };
    expect(identify(order, none).dedupeKey).toBe(identify(order, none, 'body').dedupeKey);
  });

  test('a thing and its deletion have one subject', () => {
    const deleted = identify({ id: order.id }, { 'x-shopify-topic': 'orders/delete' });
    expect(deleted).toMatchObject({ eventType: 'orders.delete', subject: identify(order).subject });
  });

  test.each([
    [
      'a number that JSON.parse changes',
      '{"id":820982911946154508,"admin_graphql_api_id":"gid"}',
      {},
      { subject: 'gid' },
    ],
    ['such a number alone', '{"id":820982911946154508}', {}, { subject: null }],
    ['an id that is no number', '{"id":"x"}', {}, { subject: null }],
    ['a nested id', '{"id":{"id":1}}', {}, { subject: null }],
    ['no JSON', 'text', {}, { eventType: 'orders.create', subject: null }],
    ['no topic', '{"id":1}', { 'x-shopify-topic': '' }, { eventType: 'shopify.unrecognised', subject: null }],
    ['two topics', '{}', { 'x-shopify-topic': ['a/b', 'a/c'] }, { eventType: 'shopify.unrecognised' }],
    ['a topic of our own', '{}', { 'x-shopify-topic': 'posthorn/test' }, { eventType: 'shopify.posthorn.test' }],
    ['an endless topic', '{"id":1}', { 'x-shopify-topic': 't'.repeat(999) }, { eventType: 't'.repeat(128) }],
    [
      'an endless id',
      '{}',
      { 'x-shopify-webhook-id': 'i'.repeat(201) },
      { externalId: expect.stringMatching(/^.{43}$/) },
    ],
  ])('makes do with %s', (_what, content, headers, expected) => {
    expect(identify(Buffer.from(content), headers)).toMatchObject(expected);
  });
});

describe('whatever comes', () => {
  const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64'));
  const text = fc.oneof(digest, fc.string({ unit: 'binary' }));
  const names = ['x-shopify-hmac-sha256', 'x-shopify-topic', 'x-shopify-webhook-id'];
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({ id: fc.jsonValue(), admin_graphql_api_id: fc.jsonValue() }).map((all) => JSON.stringify(all)),
  );

  test('nothing throws, nothing arbitrary is verified, and every identity can be stored', () => {
    const reasons = new Set<string>();
    const headers = fc
      .array(fc.array(text, { maxLength: 2 }), { minLength: names.length, maxLength: names.length })
      .map((all) => Object.fromEntries(all.map((values, index) => [names[index] ?? '', values])));
    const credential = fc.oneof(
      fc.constant(secret),
      fc.string().map((value) => ({ ...secret, value })),
    );
    fc.assert(
      fc.property(headers, content, fc.array(credential), (given, sent, credentials) => {
        const request = inbound({ headers: given, body: sent });
        const verdict = shopifyProfile.verify(request, credentials, options, nowMs);
        expect(verdict.verified).toBe(false);
        if (!verdict.verified) reasons.add(verdict.reason);
        const identity = shopifyProfile.identify(request, options);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        for (const key of [identity.externalId, identity.subject]) expect((key ?? '').length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 1_000 },
    );
    expect(reasons).toContain('signature_mismatch');
  });
});
