import { createHmac } from 'node:crypto';
import { sign as signAsGithub } from '@octokit/webhooks-methods';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, Options } from '../provider-profile.ts';
import { optionProblem, readOptions } from '../read-options.rules.ts';
import { problemsOfGenericOptions } from './options.rules.ts';
import { genericProfile } from './profile.rules.ts';

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const nowSeconds = String(nowMs / 1000);
const secret: Credential = { name: 'main', kind: 'secret', value: 'theSecretOfBothSides' };
const otherSecret: Credential = { name: 'next', kind: 'secret', value: 'aNewerSecretOfBothSides' };
const user: Credential = { name: 'main', kind: 'secret', value: 'posthorn:a password: 1' };
const otherUser: Credential = { name: 'next', kind: 'secret', value: 'posthorn:another one' };
const body = Buffer.from(
  JSON.stringify({ id: 'e-1', event: { name: 'order/changed' }, data: { id: 7, note: 'für' } }, null, 2),
);
const { options: defaults } = readOptions(genericProfile.options, undefined, '');

function hmac(
  parts: (string | Buffer)[],
  by = secret,
  algorithm = 'sha256',
  encoding: 'hex' | 'base64' = 'hex',
): string {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return createHmac(algorithm, by.value).update(content).digest(encoding);
}

for (const algorithm of ['sha1', 'sha256', 'sha512']) {
  for (const encoding of ['hex', 'base64'] as const) {
    describeSigned(`hmac of the body, ${algorithm} in ${encoding}`, {
      profile: genericProfile,
      options: { ...defaults, algorithm, encoding, header: 'X-Webhook-Signature', prefix: `${algorithm}=` },
      credential: secret,
      otherCredential: otherSecret,
      nowMs,
      body,
      sign: ({ body: content, credential }) =>
        inbound({
          headers: { 'x-webhook-signature': `${algorithm}=${hmac([content], credential, algorithm, encoding)}` },
          body: content,
        }),
      signatureIn: { header: 'x-webhook-signature' },
      toleranceSeconds: null,
    });
  }
}

describeSigned('hmac of time and body', {
  profile: genericProfile,
  options: { ...defaults, signedContent: 'v0:{timestamp}:{body}', timestampHeader: 'X-Time', toleranceSeconds: 120 },
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign({ body: content, credential, signedAtMs }) {
    const time = String(signedAtMs / 1000);
    return inbound({
      headers: { 'x-signature': hmac(['v0:', time, ':', content], credential), 'x-time': time },
      body: content,
    });
  },
  signatureIn: { header: 'x-signature' },
  toleranceSeconds: 120,
});

describeSigned('hmac of id, body and milliseconds', {
  profile: genericProfile,
  options: {
    ...defaults,
    signedContent: '{id}.{body}{timestamp}',
    idHeader: 'X-Id',
    timestampHeader: 'X-Time',
    timestampUnit: 'milliseconds',
  },
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign({ body: content, credential, signedAtMs }) {
    const headers = { 'x-signature': hmac(['n-1.', content, String(signedAtMs)], credential), 'x-id': 'n-1' };
    return inbound({ headers: { ...headers, 'x-time': String(signedAtMs) }, body: content });
  },
  signatureIn: { header: 'x-signature' },
  toleranceSeconds: 300,
});

describeSigned('hmac that leaves out the body', {
  profile: genericProfile,
  options: { ...defaults, signedContent: '{timestamp}', timestampHeader: 'x-time' },
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign({ body: content, credential, signedAtMs }) {
    const time = String(signedAtMs / 1000);
    return inbound({ headers: { 'x-signature': hmac([time], credential), 'x-time': time }, body: content });
  },
  signatureIn: { header: 'x-signature' },
  toleranceSeconds: 300,
});

describeSigned('a shared secret', {
  profile: genericProfile,
  options: { ...defaults, scheme: 'shared-secret', header: 'Authorization', prefix: 'Bearer ' },
  credential: secret,
  otherCredential: otherSecret,
  nowMs,
  body,
  sign: ({ body: content, credential }) =>
    inbound({ headers: { authorization: `Bearer ${credential.value}` }, body: content }),
  signatureIn: { header: 'authorization' },
  toleranceSeconds: null,
});

describeSigned('Basic', {
  profile: genericProfile,
  options: { ...defaults, scheme: 'basic' },
  credential: user,
  otherCredential: otherUser,
  nowMs,
  body,
  sign: ({ body: content, credential }) =>
    inbound({ headers: { authorization: `Basic ${btoa(credential.value)}` }, body: content }),
  signatureIn: { header: 'authorization' },
  toleranceSeconds: null,
});

describe('coverage', () => {
  test.each([
    ['body', {}],
    ['body', { signedContent: '{timestamp}.{body}' }],
    ['fields', { signedContent: '{timestamp}.{id}' }],
    ['fields', { signedContent: '{malformed' }],
    ['sender', { scheme: 'shared-secret' }],
    ['sender', { scheme: 'basic' }],
  ])('is %s for %o', (coverage, changed) => {
    expect(genericProfile.coverageOf(new Set(['secret']), { ...defaults, ...changed })).toBe(coverage);
  });
});

describe('verify', () => {
  function verify(changed: Options, headers: Record<string, string | string[]>, credentials = [secret]) {
    return genericProfile.verify(inbound({ headers, body }), credentials, { ...defaults, ...changed }, nowMs);
  }

  test('takes what GitHub sends, as far as options can describe it', async () => {
    const signature = await signAsGithub(secret.value, body.toString());
    const options = { header: 'X-Hub-Signature-256', prefix: 'sha256=' };
    expect(verify(options, { 'x-hub-signature-256': signature })).toEqual({ verified: true, credential: 'main' });
  });

  const timed = { signedContent: '{timestamp}.{body}', timestampHeader: 'x-time' };
  const timedHeaders = { 'x-signature': hmac([nowSeconds, '.', body]), 'x-time': nowSeconds };
  const named = { signedContent: '{id}.{body}', idHeader: 'x-id' };
  const good = { 'x-signature': hmac([body]) };

  test.each<[string, Options, Record<string, string | string[]>, string]>([
    ['another algorithm', { algorithm: 'sha512' }, good, 'signature_malformed'],
    ['another encoding', { encoding: 'base64' }, good, 'signature_malformed'],
    ['another header', { header: 'x-other' }, good, 'signature_missing'],
    ['a prefix that does not come', { prefix: 'sha256=' }, good, 'signature_malformed'],
    ['a prefix that should not come', {}, { 'x-signature': `sha256=${hmac([body])}` }, 'signature_malformed'],
    ['a prefix in capitals', { prefix: 'v0=' }, { 'x-signature': `V0=${hmac([body])}` }, 'signature_malformed'],
    ['another content', timed, { ...timedHeaders, ...good }, 'signature_mismatch'],
    ['no timestamp', timed, { ...timedHeaders, 'x-time': '' }, 'timestamp_missing'],
    ['two timestamps', timed, { ...timedHeaders, 'x-time': [nowSeconds, nowSeconds] }, 'signature_repeated'],
    ['another timestamp', timed, { ...timedHeaders, 'x-time': '1' }, 'signature_mismatch'],
    ['a zero before the timestamp', timed, { ...timedHeaders, 'x-time': `0${nowSeconds}` }, 'timestamp_malformed'],
    ['a date as the timestamp', timed, { ...timedHeaders, 'x-time': '2026-11-20T12:00:00Z' }, 'timestamp_malformed'],
    [
      'seconds where milliseconds are due',
      { ...timed, timestampUnit: 'milliseconds' },
      timedHeaders,
      'timestamp_outside_tolerance',
    ],
    ['no id', named, { 'x-signature': hmac(['.', body]) }, 'signature_missing'],
    ['two ids', named, { 'x-signature': hmac(['a.', body]), 'x-id': ['a', 'a'] }, 'signature_repeated'],
    ['an ambiguous id', named, { 'x-signature': hmac(['a.b.', body]), 'x-id': 'a.b' }, 'signature_malformed'],
    ['another id', named, { 'x-signature': hmac(['a.', body]), 'x-id': 'b' }, 'signature_mismatch'],
    ['a signature beside a shared secret', { scheme: 'shared-secret' }, good, 'signature_mismatch'],
    ['a shared secret beside an hmac', {}, { 'x-signature': secret.value }, 'signature_malformed'],
    ['Basic beside an hmac', {}, { authorization: `Basic ${btoa(user.value)}` }, 'signature_missing'],
    ['no colon for Basic', { scheme: 'basic' }, { authorization: `Basic ${btoa(secret.value)}` }, 'signature_mismatch'],
    ['a scheme that nobody knows', { scheme: 'none' }, good, 'signature_mismatch'],
  ])('%s: refused', (_what, changed, headers, reason) => {
    expect(verify(changed, headers)).toMatchObject({ verified: false, reason });
  });

  test('refuses everything while its options contradict one another, and says which', () => {
    const verdict = verify({ timestampHeader: 'x-time' }, { ...good, 'x-time': nowSeconds });
    expect(verdict).toMatchObject({
      verified: false,
      detail: expect.stringContaining('option timestampHeader must be'),
    });
  });

  test('says that Basic needs a colon', () => {
    const verdict = verify({ scheme: 'basic' }, { authorization: `Basic ${btoa(secret.value)}` });
    expect(verdict).toMatchObject({ detail: expect.stringContaining('user:password') });
  });

  test('takes each unit of time as it is told', () => {
    const changed = { ...timed, timestampUnit: 'milliseconds' };
    const headers = { 'x-signature': hmac([String(nowMs), '.', body]), 'x-time': String(nowMs) };
    expect(verify(changed, headers)).toMatchObject({ verified: true });
    expect(verify({ ...changed, timestampUnit: 'seconds' }, headers)).toMatchObject({
      reason: 'timestamp_outside_tolerance',
    });
  });
});

describe('identify', () => {
  const headers = { 'x-id': 'n-1', 'x-event': 'order.header', 'x-time': nowSeconds };
  const identify = (changed: Options, given: Record<string, string | string[]> = {}, content: Buffer | string = body) =>
    genericProfile.identify(inbound({ headers: { ...headers, ...given }, body: content }), { ...defaults, ...changed });
  const key = (...of: Parameters<typeof identify>) => identify(...of).dedupeKey;

  test('knows nothing unless it is told where to look', () => {
    expect(identify({})).toEqual({
      eventType: 'generic.unrecognised',
      externalId: null,
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: null,
      occurredAtMs: null,
    });
  });

  test.each<[string, Options, Record<string, string | string[]>, Record<string, unknown>]>([
    ['a fixed event type', { eventType: 'order.any' }, {}, { eventType: 'order.any' }],
    ['an event type from a header', { eventTypeHeader: 'X-Event' }, {}, { eventType: 'order.header' }],
    ['one from the body', { eventTypePath: 'event.name' }, {}, { eventType: 'order.changed' }],
    [
      'the header first',
      { eventTypeHeader: 'x-event', eventTypePath: 'event.name' },
      {},
      { eventType: 'order.header' },
    ],
    [
      'the body where the header is missing',
      { eventTypeHeader: 'x-event', eventTypePath: 'event.name', eventType: 'fixed' },
      { 'x-event': '' },
      { eventType: 'order.changed' },
    ],
    [
      'the fixed one where both are missing',
      { eventTypeHeader: 'x-event', eventTypePath: 'event', eventType: 'fixed' },
      { 'x-event': ['a', 'b'] },
      { eventType: 'fixed' },
    ],
    [
      'a name of our own',
      { eventTypeHeader: 'x-event' },
      { 'x-event': 'posthorn.x' },
      { eventType: 'generic.posthorn.x' },
    ],
    ['a fixed name of our own', { eventType: 'posthorn.x' }, {}, { eventType: 'generic.posthorn.x' }],
    ['a subject', { subjectPath: 'data.id' }, {}, { subject: '7' }],
    ['a subject that is not there', { subjectPath: 'data.nothing' }, {}, { subject: null }],
    ['a subject that is an object', { subjectPath: 'data' }, {}, { subject: null }],
    ['an id', { idHeader: 'X-Id' }, {}, { externalId: 'n-1' }],
    ['two ids', { idHeader: 'X-Id' }, { 'x-id': ['a', 'b'] }, { externalId: null }],
    ['an id in the body', { duplicatesBy: 'path', duplicatesPath: 'id' }, {}, { externalId: 'e-1' }],
    ['an id in both', { duplicatesBy: 'path', duplicatesPath: 'id', idHeader: 'x-id' }, {}, { externalId: 'n-1' }],
  ])('finds %s', (_what, changed, given, expected) => {
    expect(identify(changed, given)).toMatchObject(expected);
  });

  test('finds elements of arrays by their number', () => {
    expect(identify({ subjectPath: 'list.1.id' }, {}, '{"list":[{"id":"a"},{"id":"b"}]}').subject).toBe('b');
  });

  test('by content: the body alone, as long as no time is signed', () => {
    for (const changed of [{}, { timestampHeader: 'x-time' }, { scheme: 'basic', timestampHeader: 'x-time' }]) {
      expect(key(changed, { 'x-time': '1' })).toBe(key(changed));
      expect(key(changed, {}, '{}')).not.toBe(key(changed));
    }
  });

  test('by content: the signed time too, which tells what happened twice from what was sent again', () => {
    const timed = { signedContent: '{timestamp}.{body}', timestampHeader: 'x-time' };
    expect(key(timed, { 'x-id': 'another' })).toBe(key(timed));
    expect(key(timed, { 'x-time': '1' })).not.toBe(key(timed));
  });

  test('by a signed id, or beside a secret: whatever the body', () => {
    const byId = { duplicatesBy: 'id', idHeader: 'x-id' };
    for (const changed of [
      { ...byId, signedContent: '{id}.{body}' },
      { ...byId, scheme: 'shared-secret' },
    ]) {
      expect(key(changed, {}, '{}')).toBe(key(changed));
      expect(key(changed, { 'x-id': 'n-2' })).not.toBe(key(changed));
    }
  });

  test('by an id that is not signed: with the body, so that nobody can use it up', () => {
    const byId = { duplicatesBy: 'id', idHeader: 'x-id' };
    expect(key(byId, { 'x-time': '1' })).toBe(key(byId));
    expect(key(byId, {}, '{}')).not.toBe(key(byId));
    expect(key(byId, { 'x-id': 'n-2' })).not.toBe(key(byId));
  });

  test('by a path: whatever else is in the body', () => {
    const byPath = { duplicatesBy: 'path', duplicatesPath: 'event.id' };
    expect(key(byPath, {}, '{"event":{"id":1,"attempt":2}}')).toBe(key(byPath, {}, '{"event":{"id":1}}'));
    expect(key(byPath, {}, '{"event":{"id":2}}')).not.toBe(key(byPath, {}, '{"event":{"id":1}}'));
  });

  test('what lacks the id or the path is told by its content', () => {
    expect(key({ duplicatesBy: 'id', idHeader: 'x-none' })).toBe(key({}));
    expect(key({ duplicatesBy: 'path', duplicatesPath: 'none' })).toBe(key({}));
    expect(key({ duplicatesBy: 'path', duplicatesPath: 'none' }, {}, '{}')).not.toBe(key({}));
  });

  test('an id and a value of the body never pass for one another', () => {
    const byId = { duplicatesBy: 'id', idHeader: 'x-id', scheme: 'basic' };
    expect(key(byId)).not.toBe(key({ duplicatesBy: 'path', duplicatesPath: 'id' }, {}, '{"id":"n-1"}'));
  });
});

describe('whatever comes', () => {
  const junk = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer(), fc.boolean());
  const fitting = Object.entries(genericProfile.options).map(([name, spec]): [string, fc.Arbitrary<unknown>] => {
    if (spec.kind === 'choice') return [name, fc.constantFrom(...spec.choices)];
    if (spec.kind !== 'text') return [name, fc.constant(spec.default)];
    const values = fc.constantFrom(spec.default, ...(spec.examples ?? []), '{id}.{timestamp}.{body}', 'x-id', '{id}');
    return [name, values.filter((value) => optionProblem(spec, value) === null)];
  });
  const options = fc.oneof(
    { weight: 4, arbitrary: fc.record(Object.fromEntries(fitting)) },
    { weight: 1, arbitrary: fc.record(Object.fromEntries(fitting.map(([name]) => [name, junk]))) },
    { weight: 1, arbitrary: fc.constant({}) },
  ) as fc.Arbitrary<Options>;
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const text = fc.oneof(
    hex,
    hex.map((digits) => `sha256=${digits}`),
    fc.constantFrom(nowSeconds, String(nowMs), 'Bearer token', `Basic ${btoa('user:password')}`),
    fc.string({ unit: 'binary' }),
  );
  const names = ['x-signature', 'authorization', 'x-timestamp', 'x-id', 'x-request-id', 'x-event'];
  const given = fc
    .array(
      fc.oneof(
        { weight: 5, arbitrary: text.map((one) => [one]) },
        { weight: 1, arbitrary: fc.array(text, { maxLength: 2 }) },
      ),
      { minLength: names.length, maxLength: names.length },
    )
    .map((all) => Object.fromEntries(all.map((values, index) => [names[index] ?? '', values])));
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({ id: fc.jsonValue(), type: fc.jsonValue(), data: fc.jsonValue() }).map((all) => JSON.stringify(all)),
  );
  const credential = fc.oneof(
    fc.constantFrom(secret, user),
    fc.uuid().map((value) => ({ ...secret, value })),
  );

  test('nothing throws, nothing arbitrary is verified, and every identity can be stored', () => {
    const reasons = new Set<string>();
    let workable = 0;
    fc.assert(
      fc.property(given, content, options, fc.array(credential), (headers, sent, chosen, credentials) => {
        const request = inbound({ headers, body: sent });
        if (problemsOfGenericOptions(chosen).length === 0) workable += 1;
        const verdict = genericProfile.verify(request, credentials, chosen, nowMs);
        expect(verdict.verified).toBe(false);
        if (!verdict.verified) reasons.add(verdict.reason);
        const identity = genericProfile.identify(request, chosen);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        for (const each of [identity.externalId, identity.subject]) {
          expect((each ?? '').length).toBeLessThanOrEqual(200);
        }
        expect(['body', 'fields', 'sender']).toContain(genericProfile.coverageOf(new Set(), chosen));
      }),
      { numRuns: 3_000 },
    );
    expect(workable).toBeGreaterThan(100);
    expect([...reasons].toSorted()).toEqual(
      expect.arrayContaining(['signature_malformed', 'signature_mismatch', 'signature_missing', 'signature_repeated']),
    );
  });
});
