import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest } from '../provider-profile.ts';
import { docusignProfile } from './profile.rules.ts';

const envelopeId = '71799c95-8417-4b16-90d5-86ff24a91d09';
const accountId = '8b411bfe-54f5-47fc-bbf2-55d9a71a200f';
const userId = '4214323f-c281-4a0e-80f7-37b3ea7d8665';
const sent = {
  event: 'envelope-completed',
  apiVersion: 'v2.1',
  uri: `/restapi/v2.1/accounts/${accountId}/envelopes/${envelopeId}`,
  retryCount: 0,
  configurationId: 10363315,
  generatedDateTime: '2026-02-09T18:32:13.2990000Z',
  data: { accountId, userId, envelopeId, envelopeSummary: { status: 'completed', is21CFRPart11: 'false' } },
};
const forRecipient = (recipientId: string | number | undefined) => ({
  ...sent,
  event: 'recipient-completed',
  data: { ...sent.data, recipientId },
});

const key: Credential = { name: 'key 1', kind: 'hmac', value: 'oQ3kL0J8yq5Xl6ZpB1nC2vR4tY7uI9wE+sD/fG0hJkA=' };
const otherKey: Credential = { name: 'key 2', kind: 'hmac', value: 'ZmFrZSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcyBsb25nIQ==' };
const basic: Credential = { name: 'login', kind: 'basic', value: 'connect:pass:word 1' };
const otherBasic: Credential = { name: 'new login', kind: 'basic', value: 'connect:another word' };

const signatureBy = (by: Credential, body: Buffer | string): string =>
  createHmac('sha256', Buffer.from(by.value, 'utf8')).update(body).digest('base64');
const basicOf = (by: Credential): string => `Basic ${Buffer.from(by.value, 'utf8').toString('base64')}`;
const body = Buffer.from(JSON.stringify(sent));
const identify = (given: unknown) =>
  docusignProfile.identify(
    inbound({ headers: {}, body: typeof given === 'string' ? given : JSON.stringify(given) }),
    {},
  );
const verify = (headers: Record<string, string | readonly string[]>, credentials: readonly Credential[]) =>
  docusignProfile.verify(inbound({ headers, body }), credentials, {}, 0);

const table = { profile: docusignProfile, options: {}, nowMs: 1_776_931_200_000, body, toleranceSeconds: null };
for (const header of ['X-DocuSign-Signature-1', 'X-DocuSign-Signature-2', 'X-DocuSign-Signature-100']) {
  describeSigned(`a signature in ${header}`, {
    ...table,
    credential: key,
    otherCredential: otherKey,
    sign: (given) => inbound({ headers: { [header]: signatureBy(given.credential, given.body) }, body: given.body }),
    signatureIn: { header: header.toLowerCase() },
  });
}
describe('Basic authentication of DocuSign Connect, alone', () => {
  test('is verified, and says by which credential, in any order', () => {
    for (const by of [basic, otherBasic]) {
      for (const credentials of [
        [basic, otherBasic],
        [otherBasic, basic],
      ]) {
        expect(verify({ Authorization: basicOf(by) }, credentials)).toEqual({ verified: true, credential: by.name });
      }
    }
  });

  test('does not look at signatures, which it has no key for', () => {
    const headers = { 'X-DocuSign-Signature-1': 'AAAA', Authorization: basicOf(basic) };
    expect(verify(headers, [basic])).toMatchObject({ verified: true });
  });

  test.each<[string, Record<string, string | string[]>, string]>([
    ['no header', {}, 'signature_missing'],
    ['an empty header', { Authorization: '' }, 'signature_missing'],
    ['the header twice', { Authorization: [basicOf(basic), basicOf(basic)] }, 'signature_repeated'],
    ['another password', { Authorization: basicOf(otherBasic) }, 'signature_mismatch'],
    ['a password that was cut short', { Authorization: basicOf(basic).slice(0, -4) }, 'signature_mismatch'],
    ['the plain password', { Authorization: `Basic ${basic.value}` }, 'signature_malformed'],
    ['another scheme', { Authorization: basicOf(basic).replace('Basic', 'Bearer') }, 'signature_malformed'],
    ['a header without end', { Authorization: basicOf(basic).padEnd(100_000, 'A') }, 'signature_malformed'],
  ])('is refused with %s, and nothing of the secret is quoted', (_about, headers, reason) => {
    const verdict = verify(headers, [basic]);
    expect(verdict).toMatchObject({ verified: false, reason });
    expect(JSON.stringify(verdict)).not.toMatch(/connect|pass:word/);
  });
});

describe('signatures of DocuSign Connect', () => {
  test.each([
    // RFC 4231, test case 2.
    ['Jefe', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    // GitHub's documentation of webhook signatures: the same digest in another spelling.
    ["It's a Secret to Everybody", 'Hello, World!', '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
  ])('are HMAC-SHA256 of the body under the text of the key %j', (value, text, hex) => {
    const headers = { 'X-DocuSign-Signature-1': Buffer.from(hex, 'hex').toString('base64') };
    const credentials = [{ name: 'published', kind: 'hmac', value }];
    expect(docusignProfile.verify(inbound({ headers, body: text }), credentials, {}, 0)).toEqual({
      verified: true,
      credential: 'published',
    });
  });

  test('do not use the bytes that the key is the base64 of', () => {
    const signature = createHmac('sha256', Buffer.from(key.value, 'base64')).update(body).digest('base64');
    expect(verify({ 'X-DocuSign-Signature-1': signature }, [key])).toMatchObject({ reason: 'signature_mismatch' });
  });

  test('fit when any one of them does, wherever it stands among foreign and unreadable ones', () => {
    const right = signatureBy(key, body);
    const foreign = signatureBy({ ...key, value: 'a key that is not ours' }, body);
    for (const headers of [
      { 'X-DocuSign-Signature-1': foreign, 'X-DocuSign-Signature-2': right },
      { 'X-DocuSign-Signature-1': right, 'X-DocuSign-Signature-2': foreign },
      { 'X-DocuSign-Signature-3': 'unreadable', 'X-DocuSign-Signature-4': '', 'X-DocuSign-Signature-57': right },
    ]) {
      expect(verify(headers, [otherKey, key])).toEqual({ verified: true, credential: key.name });
    }
  });

  test('are refused when one of the headers comes twice, even if another one fits', () => {
    const right = signatureBy(key, body);
    const headers = { 'X-DocuSign-Signature-1': right, 'X-DocuSign-Signature-2': [right, right] };
    expect(verify(headers, [key])).toMatchObject({
      reason: 'signature_repeated',
      detail: 'x-docusign-signature-2 came 2 times.',
    });
  });

  test.each(['X-DocuSign-Signature-0', 'X-DocuSign-Signature-101', 'X-DocuSign-Signature-01', 'X-DocuSign-Signature'])(
    'are not looked for in %s',
    (header) => {
      expect(verify({ [header]: signatureBy(key, body) }, [key])).toMatchObject({ reason: 'signature_missing' });
    },
  );

  test('that cannot be read are told from ones that do not fit', () => {
    expect(verify({ 'X-DocuSign-Signature-1': 'AAAA' }, [key])).toMatchObject({ reason: 'signature_malformed' });
  });
});

describe('a DocuSign source with keys and Basic authentication', () => {
  const signed = { 'X-DocuSign-Signature-1': signatureBy(key, body) };
  const loggedIn = { Authorization: basicOf(basic) };

  test('takes what fits both', () => {
    expect(verify({ ...signed, ...loggedIn }, [basic, key])).toEqual({ verified: true, credential: key.name });
  });

  test.each([
    ['no signature', loggedIn, 'signature_missing'],
    ['another signature', { ...loggedIn, 'X-DocuSign-Signature-1': signatureBy(otherKey, body) }, 'signature_mismatch'],
    ['no password', signed, 'signature_missing'],
    ['another password', { ...signed, Authorization: basicOf(otherBasic) }, 'signature_mismatch'],
    ['a bearer token', { ...signed, Authorization: 'Bearer abc' }, 'signature_malformed'],
  ])('refuses what has %s: one is no way around the other', (_about, headers, reason) => {
    expect(verify(headers, [key, basic])).toMatchObject({ verified: false, reason });
  });

  test('says that it has nothing to verify with when no credential is left', () => {
    expect(verify({ ...signed, ...loggedIn }, [])).toMatchObject({ reason: 'credentials_expired' });
  });

  test('vouches for the body with a key, and for the sender without', () => {
    const coverage = (...kinds: string[]) => docusignProfile.coverageOf(new Set(kinds), {});
    expect([coverage('hmac'), coverage('hmac', 'basic'), coverage('basic')]).toEqual(['body', 'body', 'sender']);
  });

  test.each([
    ['hmac', '', 'a key with spaces inside', ` ${key.value}`, `${key.value}\n`, 'schlüssel der länge nach'],
    ['basic', '', 'no colon in it', ':password', 'username:', ' user:password', 'user:pässwörd'],
  ])('refuses a value for %s with a remedy that does not quote it', (kind, ...values) => {
    for (const value of values) {
      const problem = docusignProfile.credentialKinds[kind]?.problemOf(value);
      expect(problem).toMatch(/\.$/);
      expect(value === '' || !problem?.includes(value)).toBe(true);
    }
  });

  test.each([key, otherKey, basic, otherBasic])('takes $name', ({ kind, value }) => {
    expect(docusignProfile.credentialKinds[kind]?.problemOf(value)).toBeNull();
  });
});

describe('a DocuSign event', () => {
  test.each(docusignProfile.eventTypes.map(({ name }) => name))('%s is about its envelope', (event) => {
    expect(identify({ ...forRecipient('1'), event })).toEqual({
      eventType: event,
      externalId: null,
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      subject: envelopeId,
      occurredAtMs: Date.UTC(2026, 1, 9, 18, 32, 13, 299),
    });
  });

  test('has one of twenty-six names, each described', () => {
    const published: Record<string, string> = {
      envelope: 'created sent resent delivered completed declined voided corrected purge deleted discard',
      recipient:
        'sent resent delivered completed declined authenticationfailed autoresponded reassign delegate finish-later',
      template: 'created modified deleted',
      click: 'agreed declined',
    };
    const names = Object.entries(published).flatMap(([about, whats]) =>
      whats.split(' ').map((what) => `${about}-${what}`),
    );
    expect(docusignProfile.eventTypes.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(new Set(docusignProfile.eventTypes.map(({ description }) => description)).size).toBe(26);
  });

  test('is the same at every attempt, from every configuration, with numbers or texts', () => {
    const again = { ...sent, retryCount: '3', configurationId: '99', data: { ...sent.data, envelopeSummary: null } };
    expect(identify(again)).toEqual(identify(sent));
    expect(identify(forRecipient(1))).toEqual(identify(forRecipient('1')));
  });

  test('is another one for another envelope, name, time or recipient', () => {
    const events = [
      sent,
      { ...sent, event: 'envelope-voided' },
      { ...sent, generatedDateTime: '2026-02-09T18:32:13.2990001Z' },
      { ...sent, data: { ...sent.data, envelopeId: accountId } },
      forRecipient('1'),
      forRecipient('2'),
    ];
    expect(new Set(events.map((event) => identify(event).dedupeKey)).size).toBe(events.length);
  });

  test('of a recipient that is not named is told by its bytes, so that none is taken for another', () => {
    const anonymous = forRecipient(undefined);
    expect(identify({ ...anonymous, retryCount: 1 }).dedupeKey).not.toBe(identify(anonymous).dedupeKey);
    expect(identify(anonymous)).toMatchObject({ eventType: 'recipient-completed', subject: envelopeId });
  });

  test.each(['template-created', 'click-agreed'])('%s without an envelope goes by its address and its ids', (event) => {
    const uri = `/restapi/v2.1/accounts/${accountId}/templates/1`;
    const about = { ...sent, event, uri, data: { accountId, userId, itsId: '1', summary: { name: 'a' } } };
    expect(identify(about)).toMatchObject({ eventType: event, subject: uri });
    expect(identify({ ...about, retryCount: 2, data: { ...about.data, summary: null } })).toEqual(identify(about));
    const others = [
      { ...about, uri: `${uri}0` },
      { ...about, generatedDateTime: '2026-02-09T18:32:14Z' },
      { ...about, data: { ...about.data, itsId: '2' } },
      { ...about, data: null },
    ];
    expect(new Set([about, ...others].map((each) => identify(each).dedupeKey)).size).toBe(5);
  });

  test.each([
    ['2026-02-09T18:32:13Z', Date.UTC(2026, 1, 9, 18, 32, 13)],
    ['2026-02-09T19:32:13.5+01:00', Date.UTC(2026, 1, 9, 18, 32, 13, 500)],
    ['2026-02-09T18:32:13', null],
    ['2026-02-31T18:32:61Z', null],
    ['yesterday', null],
    [1_770_000_000, null],
    [null, null],
  ])('generated at %j occurred then only when that is an instant', (generatedDateTime, occurredAtMs) => {
    expect(identify({ ...sent, generatedDateTime })).toMatchObject({ occurredAtMs, subject: envelopeId });
  });

  test('without a time is told by its bytes', () => {
    const { generatedDateTime: _none, ...timeless } = sent;
    expect(identify({ ...timeless, retryCount: 1 }).dedupeKey).not.toBe(identify(timeless).dedupeKey);
  });

  test.each([
    ['XML', '<DocuSignEnvelopeInformation/>'],
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['without an event', JSON.stringify({ ...sent, event: null })],
    ['brackets without end', '['.repeat(100_000)],
  ])('that is %s is kept as unrecognised, and told by its bytes', (_about, text) => {
    expect(identify(text)).toMatchObject({
      eventType: 'docusign.unrecognised',
      externalId: null,
      subject: null,
      occurredAtMs: null,
    });
    expect(identify(text)).toEqual(identify(text));
    expect(identify(`${text} `).dedupeKey).not.toBe(identify(text).dedupeKey);
  });

  test('with 28 MB of PDF is verified and identified like any other', () => {
    const envelopeDocuments = [{ documentId: '1', PDFBytes: 'JVBERi0x'.repeat(3_500_000) }];
    const large = Buffer.from(JSON.stringify({ ...sent, data: { ...sent.data, envelopeDocuments } }));
    const request: InboundRequest = inbound({
      headers: { 'X-DocuSign-Signature-1': signatureBy(key, large) },
      body: large,
    });
    expect(docusignProfile.verify(request, [otherKey, key], {}, 0)).toEqual({ verified: true, credential: key.name });
    expect(docusignProfile.identify(request, {})).toEqual(identify(sent));
  });
});

describe('whatever comes', () => {
  const headers = fc.dictionary(
    fc.oneof(
      fc.string(),
      fc.constant('authorization'),
      fc.integer({ min: 0, max: 101 }).map((index) => `x-docusign-signature-${index}`),
    ),
    fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.base64String({ minLength: 44, maxLength: 44 }),
        fc.base64String().map((text) => `Basic ${text}`),
      ),
      { maxLength: 2 },
    ),
  );
  const data = fc.dictionary(fc.constantFrom('envelopeId', 'recipientId', 'accountId', 'x'), fc.jsonValue());
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          event: fc.oneof(fc.jsonValue(), fc.constantFrom('recipient-sent', 'click-agreed')),
          uri: fc.jsonValue(),
          generatedDateTime: fc.oneof(fc.jsonValue(), fc.constant(sent.generatedDateTime)),
          data: fc.oneof(fc.jsonValue(), data),
        },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );

  test('is refused without a key or password, and never throws', () => {
    fc.assert(
      fc.property(headers, bytes, fc.subarray([key, otherKey, basic]), (given, text, credentials) => {
        const request = inbound({ headers: given, body: text });
        expect(docusignProfile.verify(request, credentials, {}, 0)).toMatchObject({ verified: false });
      }),
      { numRuns: 1_000 },
    );
  });

  test('has an identity that can be stored', () => {
    fc.assert(
      fc.property(headers, bytes, (given, text) => {
        const identity = docusignProfile.identify(inbound({ headers: given, body: text }), {});
        expect(identity.eventType).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        expect(identity.subject ?? 'x').toMatch(/^\P{Cc}{1,200}$/u);
        expect(Number.isSafeInteger(identity.occurredAtMs ?? 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
