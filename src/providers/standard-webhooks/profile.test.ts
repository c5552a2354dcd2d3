import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest, Options } from '../provider-profile.ts';
import { standardWebhooksProfile } from './profile.rules.ts';

const profile = standardWebhooksProfile;
const options: Options = { headerPrefix: 'webhook', toleranceSeconds: 300 };
const svixOptions: Options = { headerPrefix: 'svix', toleranceSeconds: 300 };
const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';
const body = Buffer.from(
  JSON.stringify({ type: 'contact.created', timestamp: '2026-11-20T11:58:10.344522Z', data: { id: 'é' } }, null, 2),
);

function secretOf(credentialName: string, fill: number): Credential {
  const value = `whsec_${Buffer.alloc(32, fill).toString('base64')}`;
  return { name: credentialName, kind: 'secret', value };
}
const secret = secretOf('main', 1);
const otherSecret = secretOf('next', 2);

type KeyPair = { credential: Credential; sign(content: Buffer): string };

/** Node's own Ed25519 over a JWK, so that neither key nor signature comes from the product. */
function keyPair(credentialName: string, seed: string): KeyPair {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed)]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const value = `whpk_${Buffer.from(x, 'base64url').toString('base64')}`;
  return {
    credential: { name: credentialName, kind: 'public-key', value },
    sign: (content) => `v1a,${sign(null, content, privateKey).toString('base64')}`,
  };
}
const pair = keyPair('main', 'a'.repeat(32));
const otherPair = keyPair('next', 'b'.repeat(32));

function headers(signature: string, signedAtMs = nowMs, prefix = 'webhook'): Record<string, string> {
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(signedAtMs / 1000)),
    [`${prefix}-signature`]: signature,
  };
}

function hmacSignature(by: Credential = secret, signedAtMs = nowMs): string {
  return new Webhook(by.value).sign(id, new Date(signedAtMs), body.toString());
}

function ed25519Signature(by = pair, content = `${id}.${Math.floor(nowMs / 1000)}.${body.toString()}`): string {
  return by.sign(Buffer.from(content));
}

function signedBy(signature: string): InboundRequest {
  return inbound({ headers: headers(signature), body });
}

function verify(request: InboundRequest, credentials: readonly Credential[] = [secret]) {
  return profile.verify(request, credentials, options, nowMs);
}

describeSigned('v1, signed by the standardwebhooks package', {
  profile,
  options,
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign: ({ body: content, credential, signedAtMs }) =>
    inbound({
      headers: headers(new Webhook(credential.value).sign(id, new Date(signedAtMs), content.toString()), signedAtMs),
      body: content,
    }),
  signatureIn: { header: 'webhook-signature' },
  toleranceSeconds: 300,
});

describeSigned('v1 under svix- names, signed by the svix package', {
  profile,
  options: svixOptions,
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign: ({ body: content, credential, signedAtMs }) =>
    inbound({
      headers: headers(
        new SvixWebhook(credential.value).sign(id, new Date(signedAtMs), content.toString()),
        signedAtMs,
        'svix',
      ),
      body: content,
    }),
  signatureIn: { header: 'svix-signature' },
  toleranceSeconds: 300,
});

describeSigned('v1a, with a tolerance of its own', {
  profile,
  options: { ...options, toleranceSeconds: 60 },
  credential: pair.credential,
  otherCredential: otherPair.credential,
  nowMs,
  body,
  sign({ body: content, credential, signedAtMs }) {
    const by = credential.value === pair.credential.value ? pair : otherPair;
    const head = Buffer.from(`${id}.${Math.floor(signedAtMs / 1000)}.`);
    return inbound({ headers: headers(by.sign(Buffer.concat([head, content])), signedAtMs), body: content });
  },
  signatureIn: { header: 'webhook-signature' },
  toleranceSeconds: 60,
});

describe('the published vectors of Standard Webhooks', () => {
  const published = { 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330' };
  const hmac = { name: 'v1', kind: 'secret', value: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
  // The reference implementation's own test has the private key of these bytes.
  const ed25519 = keyPair('v1a', 'TESTSIGNINGKEYDONOTUSETHISFORANY').credential;

  test.each([
    [hmac, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    [ed25519, 'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=='],
  ])('of $name are verified', (credential, signature) => {
    const request = inbound({
      headers: { ...published, 'webhook-signature': signature },
      body: '{"test": 2432232314}',
    });
    const verdict = profile.verify(request, [credential], options, 1_614_265_330_000);
    expect(verdict).toEqual({ verified: true, credential: credential.name });
  });
});

describe('the list of signatures', () => {
  const anything = Buffer.alloc(32, 7).toString('base64');

  test.each([
    ['an older key signed too, before', `v1,${anything} ${hmacSignature()}`],
    ['an older key signed too, behind', `${hmacSignature()} v1,${anything}`],
    ['an Ed25519 signature stands before', `${ed25519Signature()} ${hmacSignature()}`],
    ['versions to come stand around', `v2,whatever ${hmacSignature()} v1b,x`],
  ])('fits when %s', (_what, list) => {
    expect(verify(signedBy(list))).toEqual({ verified: true, credential: 'main' });
  });

  test.each([
    ['holds two spaces', `v1,${anything}  ${hmacSignature()}`, 'signature_malformed'],
    ['was two headers, joined by a comma', `v1,${anything}, ${hmacSignature()}`, 'signature_malformed'],
    ['holds something without a version', `${anything} ${hmacSignature()}`, 'signature_malformed'],
    ['holds a v1 signature of another size', `v1,${anything.slice(4)} ${hmacSignature()}`, 'signature_malformed'],
    ['is in base64url', 'v1,-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=', 'signature_malformed'],
    ['has the version in capitals', hmacSignature().replace('v1', 'V1'), 'signature_malformed'],
    ['holds more than sixteen', `${`v1,${anything} `.repeat(16)}${hmacSignature()}`, 'signature_malformed'],
    ['holds another version alone', ed25519Signature(), 'signature_missing'],
    ['calls a v1 signature v1a', hmacSignature().replace('v1', 'v1a'), 'signature_missing'],
  ])('is refused when it %s', (_what, list, reason) => {
    expect(verify(signedBy(list))).toMatchObject({ verified: false, reason });
  });
});

describe('a public key', () => {
  test('is none to make an HMAC with: it is public', () => {
    const key = Buffer.from(pair.credential.value.slice('whpk_'.length), 'base64');
    const content = `${id}.${Math.floor(nowMs / 1000)}.${body.toString()}`;
    for (const secretKey of [key, pair.credential.value]) {
      const digest = createHmac('sha256', secretKey).update(content).digest('base64');
      const doubled = Buffer.from(digest + digest, 'base64').toString('base64');
      for (const list of [`v1,${digest}`, `v1a,${digest}`, `v1a,${doubled}`]) {
        expect(verify(signedBy(list), [pair.credential])).toMatchObject({ verified: false });
      }
    }
  });

  test('beside a secret: both have to fit, since a source falls back to neither', () => {
    const both = [secret, pair.credential];
    const anything = `v1a,${Buffer.alloc(64, 7).toString('base64')}`;
    expect(verify(signedBy(`${hmacSignature()} ${ed25519Signature()}`), both)).toMatchObject({ verified: true });
    expect(verify(signedBy(hmacSignature()), both)).toMatchObject({ reason: 'signature_missing' });
    expect(verify(signedBy(ed25519Signature()), both)).toMatchObject({ reason: 'signature_missing' });
    expect(verify(signedBy(`${hmacSignature()} ${anything}`), both)).toMatchObject({ reason: 'signature_mismatch' });
    expect(verify(signedBy(`${hmacSignature(otherSecret)} ${ed25519Signature()}`), both)).toMatchObject({
      reason: 'signature_mismatch',
    });
  });
});

describe('the other headers', () => {
  const good = headers(hmacSignature());
  const timestamp = good['webhook-timestamp'] ?? '';

  test.each([
    ['no id', { 'webhook-id': '' }, 'signature_missing'],
    ['two ids', { 'webhook-id': [id, id] }, 'signature_repeated'],
    ['another id', { 'webhook-id': `${id}2` }, 'signature_mismatch'],
    ['no timestamp', { 'webhook-timestamp': '' }, 'timestamp_missing'],
    ['two timestamps', { 'webhook-timestamp': [timestamp, timestamp] }, 'signature_repeated'],
    ['another timestamp', { 'webhook-timestamp': String(Number(timestamp) + 1) }, 'signature_mismatch'],
    ['a timestamp with a sign', { 'webhook-timestamp': `+${timestamp}` }, 'timestamp_malformed'],
    ['a timestamp with a fraction', { 'webhook-timestamp': `${timestamp}.0` }, 'timestamp_malformed'],
    ['a timestamp in milliseconds', { 'webhook-timestamp': `${timestamp}000` }, 'timestamp_malformed'],
    ['a timestamp with a comment', { 'webhook-timestamp': `${timestamp} ago` }, 'timestamp_malformed'],
  ])('%s: refused', (_what, changed, reason) => {
    const request = inbound({ headers: { ...good, ...changed }, body });
    expect(verify(request)).toMatchObject({ verified: false, reason });
  });

  test('an id with a dot is refused though the signature fits: it would fit another message as well', () => {
    const dotted = `${id}.${timestamp}`;
    const signature = new Webhook(secret.value).sign(dotted, new Date(nowMs), body.toString());
    expect(verify(inbound({ headers: { ...headers(signature), 'webhook-id': dotted }, body }))).toMatchObject({
      reason: 'signature_malformed',
    });
    const shifted = inbound({ headers: headers(signature), body: `${timestamp}.${body.toString()}` });
    expect(new Webhook(secret.value).sign(id, new Date(nowMs), shifted.body.toString())).toBe(signature);
  });

  test('are read under the pinned names only', () => {
    const svix = headers(hmacSignature(), nowMs, 'svix');
    const wrong = headers(hmacSignature(otherSecret), nowMs, 'svix');
    const by = (given: Options, all: Record<string, string>) =>
      profile.verify(inbound({ headers: all, body }), [secret], given, nowMs);
    expect(by(options, svix)).toMatchObject({ reason: 'signature_missing' });
    expect(by(svixOptions, good)).toMatchObject({ reason: 'signature_missing' });
    expect(by(options, { ...good, ...wrong })).toMatchObject({ verified: true });
    expect(by(svixOptions, { ...good, ...wrong })).toMatchObject({ reason: 'signature_mismatch' });
  });
});

describe('credentials', () => {
  const { secret: secretKind, 'public-key': publicKeyKind } = profile.credentialKinds;

  test('of both kinds are taken', () => {
    expect(secretKind?.problemOf(secret.value)).toBeNull();
    expect(publicKeyKind?.problemOf(pair.credential.value)).toBeNull();
  });

  test.each([
    ['no prefix', secretKind, 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /start with whsec_/],
    ['too few bytes', secretKind, 'whsec_MfKQ9r8GKYqr', /24 to 64 bytes/],
    ['a public key as a secret', secretKind, pair.credential.value, /start with whsec_/],
    ['a private key', publicKeyKind, `whsk_${Buffer.alloc(32, 1).toString('base64')}`, /private key.*public key/],
    ['a secret as a public key', publicKeyKind, secret.value, /start with whpk_/],
    ['a public key cut short', publicKeyKind, pair.credential.value.slice(0, -4), /32 bytes/],
    ['a public key without padding', publicKeyKind, pair.credential.value.slice(0, -1), /base64/],
  ])('%s: refused, without quoting it', (_what, kind, value, problem) => {
    const told = kind?.problemOf(value);
    expect(told).toMatch(problem);
    expect(told).not.toContain(value.slice(6, 20));
  });

  test('that are none verify nothing and break nothing', () => {
    for (const value of ['', 'whsec_', 'whpk_', 'whsec_AAAA', 'text']) {
      const broken: Credential[] = [
        { name: 'broken', kind: 'secret', value },
        { name: 'broken', kind: 'public-key', value },
        { name: 'broken', kind: 'unheard-of', value },
      ];
      for (const credential of broken) {
        const request = signedBy(`${hmacSignature()} ${ed25519Signature()}`);
        expect(verify(request, [credential])).toMatchObject({ reason: 'signature_mismatch' });
      }
    }
  });
});

describe('identify', () => {
  const identify = (content: string | Buffer, changed: Record<string, string | string[]> = {}) =>
    profile.identify(inbound({ headers: { ...headers('v1,x'), ...changed }, body: content }), options);

  test('takes type and time from the body and the id from the signed header', () => {
    expect(identify(body)).toEqual({
      eventType: 'contact.created',
      externalId: id,
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: null,
      occurredAtMs: Date.UTC(2026, 10, 20, 11, 58, 10, 344),
    });
  });

  test('the id alone tells duplicates: another attempt has another time and signature', () => {
    const again = { 'webhook-timestamp': '1', 'webhook-signature': 'v1,y' };
    expect(identify(body, again).dedupeKey).toBe(identify(body).dedupeKey);
    expect(identify(body, { 'webhook-id': 'msg_2' }).dedupeKey).not.toBe(identify(body).dedupeKey);
  });

  test.each([
    ['no JSON', 'text', 'standard-webhooks.unrecognised'],
    ['an array', '[{"type":"a"}]', 'standard-webhooks.unrecognised'],
    ['no type', '{"data":{}}', 'standard-webhooks.unrecognised'],
    ['a type that is an object', '{"type":{}}', 'standard-webhooks.unrecognised'],
    ['a type that would pass for one of our own', '{"type":"posthorn.alert"}', 'standard-webhooks.posthorn.alert'],
    ['a type with a slash', '{"type":"a/b"}', 'a.b'],
    ['a time without a zone', '{"type":"a","timestamp":"2026-11-20T11:58:10"}', 'a'],
    ['a time that is none', '{"type":"a","timestamp":"2026-13-45T99:99:99Z"}', 'a'],
  ])('%s', (_what, content, eventType) => {
    expect(identify(content)).toMatchObject({ eventType, externalId: id, occurredAtMs: null });
  });

  test('reads the id under the pinned name', () => {
    const request = inbound({ headers: { 'svix-id': 'svix', 'webhook-id': 'plain' }, body });
    expect(profile.identify(request, svixOptions).externalId).toBe('svix');
    expect(profile.identify(request, options).externalId).toBe('plain');
  });

  test('without a usable id the body tells duplicates', () => {
    const keys = ['', [id, id]].map((value) => identify(body, { 'webhook-id': value }).dedupeKey);
    expect(new Set(keys).size).toBe(1);
    expect(identify('other', { 'webhook-id': '' }).dedupeKey).not.toBe(keys[0]);
  });
});

describe('whatever comes', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(id, 'a.b', String(Math.floor(nowMs / 1000)), 'v1,', 'v1a,'),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `v1,${Buffer.from(bytes).toString('base64')}`),
    fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => `v1a,${Buffer.from(bytes).toString('base64')}`),
  );
  const prefix = fc.constantFrom('webhook', 'svix');
  const values = fc.oneof({ weight: 9, arbitrary: text.map((one) => [one]) }, { arbitrary: fc.array(text), weight: 1 });
  const request = fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const),
    headers: fc
      .record({ id: values, timestamp: values, signature: values }, { requiredKeys: ['signature'] })
      .chain((all) => prefix.map((one) => new Map(Object.entries(all).map(([key, each]) => [`${one}-${key}`, each])))),
    query: fc.constant(new URLSearchParams()),
    body: fc.oneof(fc.string({ unit: 'binary' }), fc.json()).map((content) => Buffer.from(content)),
  });
  const credential = fc.oneof(
    fc.constantFrom(secret, pair.credential),
    fc.record({ name: fc.string(), kind: fc.constantFrom('secret', 'public-key'), value: text }),
  );

  // Of what is arbitrary too little comes as far as the comparison for every run to have one.
  const wellFormed = inbound({
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(nowMs / 1000)),
      'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
    },
    body,
  });

  test('nothing throws, nothing arbitrary is verified, and every identity can be stored', () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(request, fc.array(credential, { maxLength: 3 }), prefix, (given, credentials, headerPrefix) => {
        const chosen = { headerPrefix, toleranceSeconds: 300 };
        const verdict = profile.verify(given, credentials, chosen, nowMs);
        expect(verdict.verified).toBe(false);
        if (!verdict.verified) reasons.add(verdict.reason);
        const identity = profile.identify(given, chosen);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        expect((identity.externalId ?? '').length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 1_000, examples: [[wellFormed, [secret], 'webhook']] },
    );
    expect(reasons).toContain('signature_mismatch');
  });
});
