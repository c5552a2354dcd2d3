import { createHmac } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest } from '../provider-profile.ts';
import { githubProfile } from './profile.rules.ts';

const options = { duplicatesBy: 'delivery-id' };
const nowMs = Date.UTC(2026, 10, 20);
const secret: Credential = { name: 'main', kind: 'secret', value: "It's a Secret to Everybody" };
const otherSecret: Credential = { name: 'next', kind: 'secret', value: 'a newer secret of the webhook' };
const opened = {
  action: 'opened',
  number: 2,
  pull_request: { id: 279_147_437, title: 'Überblick & more', updated_at: '2026-11-19T08:00:00Z' },
  repository: { id: 186_853_002, full_name: 'Codertocat/Hello-World' },
  organization: { login: 'Codertocat' },
};
const json = Buffer.from(JSON.stringify(opened, null, 2));
const form = Buffer.from(`payload=${encodeURIComponent(JSON.stringify(opened))}`);

/** The package signs asynchronously, so what is asked for later is signed now; by secret and body. */
const signatures = new Map<string, string>();
for (const { value } of [secret, otherSecret]) {
  for (const content of [json, form, Buffer.from('Hello, World!')]) {
    signatures.set(`${value} ${content.toString()}`, await sign(value, content.toString()));
  }
}

function signature(content: Buffer, by: Credential = secret): string {
  return signatures.get(`${by.value} ${content.toString()}`) ?? 'not signed';
}

function verify(headers: Record<string, string | string[]>, body: Buffer = json) {
  return githubProfile.verify(inbound({ headers, body }), [secret], options, nowMs);
}

for (const [what, body] of [
  ['JSON', json],
  ['a form', form],
] as const) {
  describeSigned(`${what}, signed by the @octokit/webhooks-methods package`, {
    profile: githubProfile,
    options,
    credential: secret,
    otherCredential: otherSecret,
    nowMs,
    body,
    sign: ({ body: content, credential }) =>
      inbound({ headers: { 'x-hub-signature-256': signature(content, credential) }, body: content }),
    signatureIn: { header: 'x-hub-signature-256' },
    toleranceSeconds: null,
  });
}

describe('x-hub-signature-256', () => {
  const sha1 = createHmac('sha1', secret.value).update(json).digest('hex');
  const hex = signature(json).slice('sha256='.length);

  test("fits GitHub's published example", () => {
    const published = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const body = Buffer.from('Hello, World!');
    expect(verify({ 'x-hub-signature-256': published }, body)).toEqual({ verified: true, credential: 'main' });
    expect(signature(body)).toBe(published);
  });

  test.each([
    ['the SHA-1 header alone', { 'x-hub-signature': `sha1=${sha1}` }, 'signature_missing'],
    ['a SHA-1 signature in it', { 'x-hub-signature-256': `sha1=${sha1}` }, 'signature_malformed'],
    ['SHA-1 digits in it', { 'x-hub-signature-256': `sha256=${sha1}` }, 'signature_malformed'],
    ['no prefix', { 'x-hub-signature-256': hex }, 'signature_malformed'],
    ['a prefix in capitals', { 'x-hub-signature-256': `SHA256=${hex}` }, 'signature_malformed'],
    ['a space before the digits', { 'x-hub-signature-256': `sha256= ${hex}` }, 'signature_malformed'],
    ['two signatures', { 'x-hub-signature-256': `sha256=${hex},sha256=${hex}` }, 'signature_malformed'],
    [
      'a wrong one beside a right SHA-1',
      { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-hub-signature': `sha1=${sha1}` },
      'signature_mismatch',
    ],
  ])('%s: refused', (_what, headers, reason) => {
    expect(verify(headers)).toMatchObject({ verified: false, reason });
  });

  test('a wrong SHA-1 header does no harm beside it', () => {
    expect(verify({ 'x-hub-signature-256': signature(json), 'x-hub-signature': 'sha1=0' })).toMatchObject({
      verified: true,
    });
  });
});

describe('identify', () => {
  const delivery = { 'x-github-event': 'pull_request', 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' };

  function request(body: unknown, headers: Record<string, string | string[]> = {}): InboundRequest {
    const content = Buffer.isBuffer(body) ? body : (JSON.stringify(body) ?? '');
    return inbound({ headers: { ...delivery, ...headers }, body: content });
  }
  const identify = (body: unknown, headers: Record<string, string | string[]> = {}, duplicatesBy = 'delivery-id') =>
    githubProfile.identify(request(body, headers), { duplicatesBy });

  test.each([
    ['JSON', json],
    ['a form', form],
    ['a form that writes spaces as plus', Buffer.from(new URLSearchParams({ payload: json.toString() }).toString())],
  ])('takes event and id from the headers and the rest from the body: %s', (_what, body) => {
    expect(identify(body)).toEqual({
      eventType: 'pull_request.opened',
      externalId: delivery['x-github-delivery'],
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: 'Codertocat/Hello-World',
      occurredAtMs: null,
    });
  });

  test('believes the signed body about its format, not the header', () => {
    const lying = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(identify(json, lying)).toEqual(identify(json));
    expect(identify(form, { 'content-type': 'application/json' })).toEqual(identify(form));
  });

  test('a redelivery, which has id and body of its delivery, is a duplicate; the same body again is not', () => {
    const { dedupeKey } = identify(opened);
    expect(identify(opened, { 'x-github-hook-id': '2' }).dedupeKey).toBe(dedupeKey);
    expect(identify(opened, { 'x-github-delivery': 'another' }).dedupeKey).not.toBe(dedupeKey);
  });

  test('nobody makes an event pass for a duplicate by sending something else under its id', () => {
    expect(identify({ zen: 'captured elsewhere' }).dedupeKey).not.toBe(identify(opened).dedupeKey);
  });

  test('a captured body is no second event under another name', () => {
    expect(identify(opened, { 'x-github-event': 'push' }).dedupeKey).toBe(identify(opened).dedupeKey);
  });

  test('by body, a captured one stays the same event whatever headers it is sent with', () => {
    const { dedupeKey } = identify(opened, {}, 'body');
    for (const headers of [{ 'x-github-delivery': 'new' }, { 'x-github-event': 'push' }, { 'x-github-delivery': '' }]) {
      expect(identify(opened, headers, 'body').dedupeKey).toBe(dedupeKey);
    }
    expect(identify({ ...opened, number: 3 }, {}, 'body').dedupeKey).not.toBe(dedupeKey);
  });

  test('without an id the body tells duplicates', () => {
    const none = { 'x-github-delivery': '' };
    expect(identify(opened, none).dedupeKey).toBe(identify(opened, none, 'body').dedupeKey);
  });

  test.each([
    ['an event without actions', { ref: 'refs/heads/main' }, { 'x-github-event': 'push' }, { eventType: 'push' }],
    ['a ping', { zen: 'Speak like a human.', hook_id: 1 }, { 'x-github-event': 'ping' }, { eventType: 'ping' }],
    ['an action that is no text', { action: {} }, {}, { eventType: 'pull_request' }],
    ['no event header', opened, { 'x-github-event': '' }, { eventType: 'github.unrecognised' }],
    ['two event headers', opened, { 'x-github-event': ['push', 'ping'] }, { eventType: 'github.unrecognised' }],
    ['two delivery ids', opened, { 'x-github-delivery': ['a', 'b'] }, { externalId: null }],
    ['a name of our own', { action: 'x' }, { 'x-github-event': 'posthorn' }, { eventType: 'github.posthorn.x' }],
    ['an organisation', { organization: { login: 'acme' } }, {}, { subject: 'acme' }],
    ['nobody', {}, {}, { subject: null }],
    ['no JSON', Buffer.from('Hello, World!'), {}, { eventType: 'pull_request', subject: null }],
    ['two payloads', Buffer.from('payload={"action":"a"}&payload={"action":"b"}'), {}, { eventType: 'pull_request' }],
    ['half an escape', Buffer.from('payload=%7B%2'), {}, { eventType: 'pull_request' }],
  ])('makes do with %s', (_what, body, headers, expected) => {
    expect(identify(body, headers)).toMatchObject(expected);
  });
});

describe('whatever comes', () => {
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const text = fc.oneof(
    hex.map((digits) => `sha256=${digits}`),
    fc.string({ unit: 'binary' }),
  );
  const names = ['x-hub-signature-256', 'x-hub-signature', 'x-github-event', 'x-github-delivery', 'content-type'];
  const content = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((payload) => `payload=${encodeURIComponent(payload)}`),
    fc.string({ unit: 'binary' }).map((payload) => `payload=${payload}`),
    fc.record({ action: fc.jsonValue(), repository: fc.jsonValue() }).map((all) => JSON.stringify(all)),
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
      fc.property(headers, content, fc.array(credential), (given, body, credentials) => {
        const request = inbound({ headers: given, body });
        const verdict = githubProfile.verify(request, credentials, options, nowMs);
        expect(verdict.verified).toBe(false);
        if (!verdict.verified) reasons.add(verdict.reason);
        const identity = githubProfile.identify(request, options);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9_.:-]{1,128}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        for (const key of [identity.externalId, identity.subject]) expect((key ?? '').length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 1_000 },
    );
    expect(reasons).toContain('signature_mismatch');
  });
});
