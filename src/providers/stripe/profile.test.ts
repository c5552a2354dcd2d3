import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential } from '../provider-profile.ts';
import { stripeProfile } from './profile.rules.ts';

const options = { toleranceSeconds: 300 };
const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const nowSeconds = nowMs / 1000;
const secret: Credential = { name: 'main', kind: 'secret', value: 'whsec_theSigningSecretOfTheDestination' };
const otherSecret: Credential = { name: 'next', kind: 'secret', value: 'whsec_aNewerSigningSecretOfTheEndpoint' };
const snapshot = {
  id: 'evt_1PZCb2LkdIwHu7ixR3c6Bq0P',
  object: 'event',
  api_version: '2026-10-28',
  created: 1_795_176_000,
  data: { object: { id: 'in_1PZCb1LkdIwHu7ix', object: 'invoice', note: 'é' } },
  type: 'invoice.paid',
};
const thin = {
  id: 'evt_test_65R9Ijk8dKEYZcXeRWn16R9A7j1FSQ3w3TGDPLLGSM4CW0',
  object: 'v2.core.event',
  created: '2026-11-20T11:59:58.123Z',
  related_object: { id: 'mtr_test_61R9IeP0SgKbYROOx41PEAQhH0qO23oW', type: 'billing.meter' },
  type: 'v1.billing.meter.error_report_triggered',
};
const body = Buffer.from(JSON.stringify(snapshot, null, 2));

/** What Stripe's own library sends itself in tests. */
function signatureHeader(by: Credential = secret, timestamp = nowSeconds, payload = body.toString()): string {
  return Stripe.webhooks.generateTestHeaderString({ payload, secret: by.value, timestamp });
}

/** The hex alone. */
function signature(by: Credential = secret): string {
  return signatureHeader(by).split('v1=')[1] ?? '';
}

function verify(header: string | string[], credentials: readonly Credential[] = [secret], content = body) {
  const request = inbound({ headers: { 'stripe-signature': header }, body: content });
  return stripeProfile.verify(request, credentials, options, nowMs);
}

for (const toleranceSeconds of [300, 60]) {
  describeSigned(`signed by the stripe package, ${toleranceSeconds} s allowed`, {
    profile: stripeProfile,
    options: { toleranceSeconds },
    credential: secret,
    otherCredential: otherSecret,
    nowMs,
    body,
    sign: ({ body: content, credential, signedAtMs }) =>
      inbound({
        headers: { 'stripe-signature': signatureHeader(credential, signedAtMs / 1000, content.toString()) },
        body: content,
      }),
    signatureIn: { header: 'stripe-signature' },
    toleranceSeconds,
  });
}

describe('the stripe-signature header', () => {
  const t = `t=${nowSeconds}`;
  const anything = 'a1'.repeat(32);

  test.each([
    ['an older secret signed too, before', `${t},v1=${anything},v1=${signature()}`],
    ['an older secret signed too, behind', `${t},v1=${signature()},v1=${anything}`],
    ['a scheme that is not ours stands by', `${t},v1=${signature()},v0=${anything}`],
    ['a scheme to come stands by', `${t},v2=x=y,v1=${signature()}`],
    ['t comes last', `v1=${signature()},${t}`],
    ['the digits are capitals', `${t},v1=${signature().toUpperCase()}`],
  ])('fits when %s', (_what, header) => {
    expect(verify(header)).toEqual({ verified: true, credential: 'main' });
  });

  test.each([
    ['names t twice', `${t},${t},v1=${signature()}`, 'timestamp_malformed'],
    ['names an old t before the signed one', `t=1,${t},v1=${signature()}`, 'timestamp_malformed'],
    ['names an old t behind the signed one', `${t},t=1,v1=${signature()}`, 'timestamp_malformed'],
    ['has no t', `v1=${signature()}`, 'timestamp_missing'],
    ['has an empty t', `t=,v1=${signature()}`, 'timestamp_malformed'],
    ['has a t with a fraction', `${t}.5,v1=${signature()}`, 'timestamp_malformed'],
    ['has another t', `t=${nowSeconds + 1},v1=${signature()}`, 'signature_mismatch'],
    ['has v0 alone, even if it would fit', `${t},v0=${signature()}`, 'signature_missing'],
    ['has no signature', t, 'signature_missing'],
    ['has an empty v1', `${t},v1=`, 'signature_malformed'],
    ['has one v1 that cannot be read', `${t},v1=${signature()},v1=zz`, 'signature_malformed'],
    ['has a v1 in base64', `${t},v1=${Buffer.from(anything, 'hex').toString('base64')}`, 'signature_malformed'],
    ['has spaces in it', `${t}, v1=${signature()}`, 'signature_malformed'],
    ['ends in a comma', `${t},v1=${signature()},`, 'signature_malformed'],
    ['is no list', signature(), 'signature_malformed'],
  ])('is refused when it %s', (_what, header, reason) => {
    expect(verify(header)).toMatchObject({ verified: false, reason });
  });

  test('is over the bytes, whether or not they are text', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
    const hmac = createHmac('sha256', secret.value).update(`${nowSeconds}.`).update(bytes).digest('hex');
    expect(verify(`${t},v1=${hmac}`, [secret], bytes)).toMatchObject({ verified: true });
    expect(verify(`${t},v1=${hmac}`, [secret], Buffer.from(bytes.toString()))).toMatchObject({ verified: false });
  });
});

describe('the signing secret', () => {
  const problemOf = (value: string) => stripeProfile.credentialKinds['secret']?.problemOf(value);

  test('is taken as Stripe shows it', () => {
    expect(problemOf(secret.value)).toBeNull();
  });

  test.each([
    ['an API key', `sk_test_${'a'.repeat(24)}`, /whsec_/],
    ['a restricted key', `rk_live_${'a'.repeat(24)}`, /whsec_/],
    ['a line break from copying', `${secret.value}\n`, /white space/],
    ['nothing', '', /8 to 256/],
  ])('is not %s', (_what, value, problem) => {
    expect(problemOf(value)).toMatch(problem);
  });
});

describe('identify', () => {
  const identify = (content: unknown, header = 'x') =>
    stripeProfile.identify(
      inbound({ headers: { 'stripe-signature': header }, body: JSON.stringify(content) ?? '' }),
      options,
    );

  test('takes everything from the event', () => {
    expect(identify(snapshot)).toEqual({
      eventType: 'invoice.paid',
      externalId: snapshot.id,
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: 'in_1PZCb1LkdIwHu7ix',
      occurredAtMs: 1_795_176_000_000,
    });
  });

  test('takes thin events, which only refer to what they are about', () => {
    expect(identify(thin)).toMatchObject({
      eventType: 'v1.billing.meter.error_report_triggered',
      externalId: thin.id,
      subject: thin.related_object.id,
      occurredAtMs: Date.UTC(2026, 10, 20, 11, 59, 58, 123),
    });
  });

  test('the id alone tells duplicates', () => {
    const { dedupeKey } = identify(snapshot);
    expect(identify({ ...snapshot, pending_webhooks: 3 }, 't=1').dedupeKey).toBe(dedupeKey);
    expect(identify({ ...snapshot, id: 'evt_2' }).dedupeKey).not.toBe(dedupeKey);
  });

  test.each([
    ['no JSON', undefined, { eventType: 'stripe.unrecognised', externalId: null, subject: null }],
    ['null', null, { eventType: 'stripe.unrecognised', externalId: null }],
    ['a list', [snapshot], { eventType: 'stripe.unrecognised', externalId: null }],
    ['no id', { type: 'invoice.paid' }, { eventType: 'invoice.paid', externalId: null, subject: null }],
    ['ids that are objects', { id: {}, type: [], data: { object: { id: {} } } }, { externalId: null, subject: null }],
    ['an object without an id', { ...snapshot, data: { object: {} } }, { subject: null }],
    ['an endless id', { ...snapshot, id: 'e'.repeat(500) }, { externalId: expect.stringMatching(/^[\w-]{43}$/) }],
    ['a time that is none', { ...snapshot, created: 'now' }, { occurredAtMs: null }],
    ['a time before the epoch', { ...snapshot, created: -5 }, { occurredAtMs: null }],
    ['a time without a zone', { ...snapshot, created: '2026-11-20T11:59:58' }, { occurredAtMs: null }],
    ['a type of our own', { ...snapshot, type: 'posthorn.test' }, { eventType: 'stripe.posthorn.test' }],
  ])('makes do with %s', (_what, content, expected) => {
    expect(identify(content)).toMatchObject(expected);
  });

  test('without an id the body tells duplicates', () => {
    expect(identify({ type: 'a' }).dedupeKey).toBe(identify({ type: 'a' }).dedupeKey);
    expect(identify({ type: 'a' }).dedupeKey).not.toBe(identify({ type: 'b' }).dedupeKey);
  });
});

describe('whatever comes', () => {
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const pair = fc.oneof(
    fc.constantFrom(`t=${nowSeconds}`, 't=', 'v1=', 'v0=a'),
    hex.map((digits) => `v1=${digits}`),
    fc.string({ unit: 'binary' }),
  );
  const header = fc.oneof(
    hex.map((digits) => `t=${nowSeconds},v1=${digits}`),
    fc.array(pair).map((pairs) => pairs.join(',')),
  );
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({ id: fc.jsonValue(), type: fc.jsonValue(), created: fc.jsonValue() }).map((all) => JSON.stringify(all)),
  );

  test('nothing throws, nothing arbitrary is verified, and every identity can be stored', () => {
    const reasons = new Set<string>();
    const credential = fc.oneof(
      fc.constant(secret),
      fc.string().map((value) => ({ ...secret, value })),
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 2 }), content, fc.array(credential), (headers, text, credentials) => {
        const request = inbound({ headers: { 'stripe-signature': headers }, body: text });
        const verdict = stripeProfile.verify(request, credentials, options, nowMs);
        expect(verdict.verified).toBe(false);
        if (!verdict.verified) reasons.add(verdict.reason);
        const identity = stripeProfile.identify(request, options);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        for (const key of [identity.externalId, identity.subject]) expect((key ?? '').length).toBeLessThanOrEqual(200);
        expect(identity.occurredAtMs === null || Number.isSafeInteger(identity.occurredAtMs)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(reasons).toContain('signature_mismatch');
  });
});
