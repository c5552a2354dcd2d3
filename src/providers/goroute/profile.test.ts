import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential } from '../provider-profile.ts';
import { gorouteProfile } from './profile.rules.ts';

const defaults = { signatureHeader: 'X-GoRoute-Signature', eventIdHeader: 'X-GoRoute-Event-ID' };
const credential: Credential = { name: 'current', kind: 'secret', value: 'a long random secret 4711' };
const otherCredential: Credential = { name: 'next', kind: 'secret', value: 'another random secret 0815' };
const sent = {
  event: 'transaction.delivered',
  event_id: 'evt_9f2c',
  timestamp: '2026-03-01T09:30:00.250Z',
  organization_id: 'org_1',
  data: { transaction_id: 'txn_42', document_id: 'doc_7' },
};
const body = Buffer.from(JSON.stringify(sent));
const signatureBy = (by: Credential, bytes: Buffer | string): string =>
  `sha256=${createHmac('sha256', Buffer.from(by.value, 'utf8')).update(bytes).digest('hex')}`;
const identify = (
  given: unknown,
  headers: Record<string, string | readonly string[]> = {},
  options: Record<string, string> = defaults,
) =>
  gorouteProfile.identify(
    inbound({ headers, body: typeof given === 'string' ? given : JSON.stringify(given) }),
    options,
  );

const table = {
  profile: gorouteProfile,
  credential,
  otherCredential,
  nowMs: 1_776_931_200_000,
  body,
  toleranceSeconds: null,
};
for (const header of ['X-GoRoute-Signature', 'x-webhook-HMAC']) {
  describeSigned(`a signature in ${header}`, {
    ...table,
    options: { ...defaults, signatureHeader: header },
    sign: (given) => inbound({ headers: { [header]: signatureBy(given.credential, given.body) }, body: given.body }),
    signatureIn: { header: header.toLowerCase() },
  });
}

describe('the signature of GoRoute', () => {
  const verify = (value: string, options: Record<string, string> = defaults) =>
    gorouteProfile.verify(inbound({ headers: { 'X-GoRoute-Signature': value }, body }), [credential], options, 0);
  const hex = signatureBy(credential, body).slice('sha256='.length);

  test('is what GitHub publishes for the same scheme', () => {
    const request = inbound({
      headers: {
        'X-GoRoute-Signature': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      },
      body: 'Hello, World!',
    });
    const published = { name: 'published', kind: 'secret', value: "It's a Secret to Everybody" };
    expect(gorouteProfile.verify(request, [published], defaults, 0)).toMatchObject({ verified: true });
  });

  test.each([
    ['no prefix', hex],
    ['another prefix', `sha512=${hex}`],
    ['the prefix twice', `sha256=sha256=${hex}`],
    ['a space', `sha256= ${hex}`],
    ['two signatures', `sha256=${hex},sha256=${hex}`],
    ['base64', `sha256=${Buffer.from(hex, 'hex').toString('base64')}`],
    ['a letter that is no digit', `sha256=${hex.slice(0, -1)}g`],
  ])('is unreadable with %s', (_about, value) => {
    expect(verify(value)).toMatchObject({ verified: false, reason: 'signature_malformed' });
  });

  test('may have its digits in capitals', () => {
    expect(verify(`sha256=${hex.toUpperCase()}`)).toMatchObject({ verified: true });
  });

  test('is looked for in the configured header alone', () => {
    expect(verify(`sha256=${hex}`, { ...defaults, signatureHeader: 'X-Other' })).toMatchObject({
      reason: 'signature_missing',
      detail: expect.stringContaining('x-other'),
    });
  });

  test('covers the body', () => {
    expect(gorouteProfile.coverageOf(new Set(['secret']), defaults)).toBe('body');
  });

  test.each(['', 'short', ` ${credential.value}`, `${credential.value}\n`, 'a secret with\u0000 in it'])(
    'is not made with the secret %j, which is refused with a remedy',
    (value) => {
      expect(gorouteProfile.credentialKinds['secret']?.problemOf(value)).toMatch(/\.$/);
      expect(gorouteProfile.credentialKinds['secret']?.problemOf(credential.value)).toBeNull();
    },
  );
});

describe('the header names of a GoRoute source', () => {
  const specs = Object.entries(gorouteProfile.options).map(([name, spec]) => ({
    name,
    pattern: new RegExp('pattern' in spec ? (spec.pattern ?? '') : ''),
    byDefault: String(spec.default),
  }));

  test.each<[Record<string, string>, string]>([
    [{ signatureHeader: 'Host' }, 'signatureHeader'],
    [{ eventIdHeader: 'content-length' }, 'eventIdHeader'],
  ])('are none of the transport: %j', (changed, option) => {
    const message = expect.stringMatching(/^must be a header of the sender's own/);
    expect(gorouteProfile.checkOptions?.({ ...defaults, ...changed })).toEqual([{ option, message }]);
    expect(gorouteProfile.checkOptions?.(defaults)).toEqual([]);
  });

  test('have a pattern that takes their defaults and other header names, and nothing else', () => {
    expect(specs.map(({ name }) => name)).toEqual(['signatureHeader', 'eventIdHeader']);
    for (const { name, pattern, byDefault } of specs) {
      expect(byDefault).toBe(defaults[name as keyof typeof defaults]);
      for (const good of [byDefault, 'X-Signature', 'x_sig.2']) expect(pattern.test(good)).toBe(true);
      for (const bad of [
        '',
        'X Signature',
        'X-Signature:',
        'X-Sig\r\nA',
        'X-Sig\n',
        'Unterschrift-ß',
        'x'.repeat(101),
      ]) {
        expect(pattern.test(bad)).toBe(false);
      }
    }
  });
});

describe('a GoRoute event', () => {
  test.each([
    'document.received',
    'document.validated',
    'document.failed_validation',
    'transaction.created',
    'transaction.delivered',
    'transaction.failed',
    'participant.updated',
  ])('%s is known and about its transaction', (event) => {
    expect(gorouteProfile.eventTypes.find(({ name }) => name === event)?.description).toMatch(/^[A-Z].{10,}/);
    expect(identify({ ...sent, event })).toEqual({
      eventType: event,
      externalId: 'evt_9f2c',
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: 'txn_42',
      occurredAtMs: Date.UTC(2026, 2, 1, 9, 30, 0, 250),
    });
  });

  test('has one of seven names', () => {
    expect(new Set(gorouteProfile.eventTypes.map(({ name }) => name)).size).toBe(7);
  });

  test.each([
    [{ transaction_id: 'txn_42' }, 'txn_42'],
    [{ transaction_id: 42, document_id: 'doc_7' }, '42'],
    [{ document_id: 'doc_7' }, 'doc_7'],
    [{ transaction_id: null, document_id: 'doc_7' }, 'doc_7'],
    [{ participant: '0088:123' }, null],
    ['txn_42', null],
    [null, null],
  ])('with the data %j is about %j', (data, subject) => {
    expect(identify({ ...sent, data })).toMatchObject({ subject });
  });

  test('is the same with the same id, whatever else an attempt makes anew', () => {
    const again = { ...sent, timestamp: '2026-03-01T10:00:00Z', data: { ...sent.data, attempt: 2 } };
    expect(identify(again).dedupeKey).toBe(identify(sent).dedupeKey);
    expect(identify({ ...sent, event_id: 'evt_9f2d' }).dedupeKey).not.toBe(identify(sent).dedupeKey);
  });

  test('goes by the id in the body, which is signed, when the header has another', () => {
    expect(identify(sent, { 'X-GoRoute-Event-ID': 'evt_forged' })).toEqual(identify(sent));
  });

  const { event_id: _none, ...anonymous } = sent;
  test('without an id in the body shows that of the header, but is told by its bytes', () => {
    const one = identify(anonymous, { 'X-GoRoute-Event-ID': 'evt_1' });
    const replayed = identify(anonymous, { 'X-GoRoute-Event-ID': 'evt_2' });
    expect([one.externalId, replayed.externalId]).toEqual(['evt_1', 'evt_2']);
    expect(one.dedupeKey).toBe(replayed.dedupeKey);
    expect(identify({ ...anonymous, timestamp: '2026-03-01T10:00:00Z' }).dedupeKey).not.toBe(one.dedupeKey);
  });

  test('shows no id of a header that is empty, comes twice or has another name than configured', () => {
    const idWith = (value: string | string[], options = defaults) =>
      identify(anonymous, { 'X-GoRoute-Event-ID': value }, options).externalId;
    expect(idWith('')).toBeNull();
    expect(idWith(['evt_1', 'evt_1'])).toBeNull();
    expect(idWith('evt_1', { ...defaults, eventIdHeader: 'X-Id' })).toBeNull();
    expect(identify(anonymous, { 'x-id': 'evt_1' }, { ...defaults, eventIdHeader: 'X-ID' }).externalId).toBe('evt_1');
  });

  test('cannot pass for another by an id that looks like a body', () => {
    expect(identify({ ...sent, event_id: 'x' }).dedupeKey).not.toBe(identify('x').dedupeKey);
  });

  test.each([
    ['2026-03-01T10:30:00+01:00', Date.UTC(2026, 2, 1, 9, 30)],
    ['2026-03-01T09:30:00', null],
    ['01.03.2026 09:30', null],
    [1_772_357_400, null],
    [{}, null],
  ])('with the timestamp %j occurred then only when that is an instant', (timestamp, occurredAtMs) => {
    expect(identify({ ...sent, timestamp })).toMatchObject({ occurredAtMs });
  });

  test.each([
    ['no JSON', '<Invoice/>'],
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['an event that is an object', '{"event":{}}'],
    ['brackets without end', '['.repeat(100_000)],
  ])('that is %s is kept as unrecognised, and told by its bytes', (_about, text) => {
    expect(identify(text)).toMatchObject({
      eventType: 'goroute.unrecognised',
      externalId: null,
      subject: null,
      occurredAtMs: null,
    });
    expect(identify(text)).toEqual(identify(text));
    expect(identify(`${text} `).dedupeKey).not.toBe(identify(text).dedupeKey);
  });
});

describe('whatever comes', () => {
  const headers = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('x-goroute-signature', 'x-goroute-event-id')),
    fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('0', 'a', 'f'), minLength: 64, maxLength: 64 }).map((hex) => `sha256=${hex}`),
      ),
      { maxLength: 2 },
    ),
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          event: fc.jsonValue(),
          event_id: fc.jsonValue(),
          timestamp: fc.jsonValue(),
          data: fc.oneof(
            fc.jsonValue(),
            fc.dictionary(fc.constantFrom('transaction_id', 'document_id'), fc.jsonValue()),
          ),
        },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );

  test('is refused without the secret, and never throws', () => {
    fc.assert(
      fc.property(headers, bytes, (given, text) => {
        const request = inbound({ headers: given, body: text });
        expect(gorouteProfile.verify(request, [credential, otherCredential], defaults, 0)).toMatchObject({
          verified: false,
        });
      }),
      { numRuns: 500 },
    );
  });

  test('has an identity that can be stored', () => {
    fc.assert(
      fc.property(headers, bytes, (given, text) => {
        const identity = gorouteProfile.identify(inbound({ headers: given, body: text }), defaults);
        expect(identity.eventType).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        for (const text of [identity.subject, identity.externalId]) expect(text ?? 'x').toMatch(/^\P{Cc}{1,200}$/u);
        expect(Number.isSafeInteger(identity.occurredAtMs ?? 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
