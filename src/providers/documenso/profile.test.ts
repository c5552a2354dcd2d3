import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { InboundRequest } from '../provider-profile.ts';
import { documensoProfile } from './profile.rules.ts';

const recipient = {
  id: 52,
  envelopeId: 'envelope_abcdefghijklmnop',
  documentId: 10,
  templateId: null,
  email: 'signer@example.com',
  name: 'A Signer',
  token: 'vbT8hi3jKQmrFP_LN1WcS',
  documentDeletedAt: null,
  expiresAt: null,
  signedAt: null,
  authOptions: null,
  signingOrder: 1,
  rejectionReason: null,
  role: 'SIGNER',
  readStatus: 'NOT_OPENED',
  signingStatus: 'NOT_SIGNED',
  sendStatus: 'SENT',
};
const payload = {
  id: 10,
  envelopeId: 'envelope_abcdefghijklmnop',
  externalId: 'order-7',
  userId: 1,
  authOptions: null,
  formValues: { total: 12.5 },
  visibility: 'EVERYONE',
  title: 'contract.pdf',
  status: 'COMPLETED',
  createdAt: '2026-04-22T11:44:43.341Z',
  updatedAt: '2026-04-23T08:00:00.000Z',
  completedAt: '2026-04-23T07:59:58.120Z',
  deletedAt: null,
  teamId: 3,
  templateId: null,
  source: 'DOCUMENT',
  documentMeta: { id: 'doc_meta_1', subject: null, timezone: 'Etc/UTC', signingOrder: 'PARALLEL' },
  recipients: [recipient],
  Recipient: [recipient],
};
const { envelopeId: _none, ...oldPayload } = payload;
const sent = {
  event: 'DOCUMENT_COMPLETED',
  payload,
  createdAt: '2026-04-23T08:00:01.000Z',
  webhookEndpoint: 'https://hooks.example.com/in/src_1',
};

const credential = { name: 'current', kind: 'secret', value: 'a long random secret 4711' };
const otherCredential = { name: 'next', kind: 'secret', value: 'another random secret 0815' };
const requestOf = (body: unknown): InboundRequest =>
  inbound({ headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) });
const identify = (body: unknown) => documensoProfile.identify(requestOf(body), {});

describeSigned('the plain secret', {
  profile: documensoProfile,
  options: {},
  credential,
  otherCredential,
  nowMs: 1_776_931_200_000,
  body: Buffer.from(JSON.stringify(sent)),
  sign: ({ body, credential: by }) =>
    inbound({ headers: { 'Content-Type': 'application/json', 'X-Documenso-Secret': by.value }, body }),
  signatureIn: { header: 'x-documenso-secret' },
  toleranceSeconds: null,
});

describe('the secret of a Documenso webhook', () => {
  test('proves who sent a request, and not what is in it', () => {
    expect(documensoProfile.coverageOf(new Set(['secret']), {})).toBe('sender');
  });

  test.each([{}, { 'X-Documenso-Secret': '' }])('is asked for, with a remedy, when %j comes', (headers) => {
    expect(documensoProfile.verify(inbound({ headers, body: '{}' }), [credential], {}, 0)).toMatchObject({
      reason: 'signature_missing',
      detail: expect.stringMatching(/enter the secret at the webhook in Documenso/),
    });
  });

  test.each(['', 'short', ' a long random secret', 'a long random secret\n', 'ein schlüssel 🔑', 'x'.repeat(300)])(
    'is refused with a remedy that does not quote it when it is %j',
    (value) => {
      const problem = documensoProfile.credentialKinds['secret']?.problemOf(value);
      expect(problem).toMatch(/\.$/);
      expect(value === '' || !problem?.includes(value)).toBe(true);
    },
  );

  test('is taken otherwise', () => {
    expect(documensoProfile.credentialKinds['secret']?.problemOf(credential.value)).toBeNull();
  });
});

describe('a Documenso event', () => {
  test.each<[string, string, string | null]>([
    ['DOCUMENT_CREATED', 'document:10', payload.createdAt],
    ['DOCUMENT_SENT', 'document:10', null],
    ['DOCUMENT_OPENED', 'document:10', null],
    ['DOCUMENT_SIGNED', 'document:10', null],
    ['DOCUMENT_RECIPIENT_COMPLETED', 'document:10', null],
    ['DOCUMENT_COMPLETED', 'document:10', payload.completedAt],
    ['DOCUMENT_REJECTED', 'document:10', null],
    ['DOCUMENT_CANCELLED', 'document:10', null],
    ['DOCUMENT_REMINDER_SENT', 'document:10', null],
    ['RECIPIENT_EXPIRED', 'document:10', null],
    ['TEMPLATE_CREATED', 'template:10', payload.createdAt],
    ['TEMPLATE_UPDATED', 'template:10', payload.updatedAt],
    ['TEMPLATE_DELETED', 'template:10', null],
    ['TEMPLATE_USED', 'document:10', payload.createdAt],
  ])('%s is about its envelope, and before 2.13 about %s', (event, oldSubject, occurredAt) => {
    const expected = {
      eventType: event,
      externalId: null,
      dedupeKey: expect.stringMatching(/^[\w-]{43}$/),
      occurredAtMs: occurredAt === null ? null : Date.parse(occurredAt),
    };
    expect(identify({ ...sent, event })).toEqual({ ...expected, subject: payload.envelopeId });
    expect(identify({ ...sent, event, payload: oldPayload })).toEqual({ ...expected, subject: oldSubject });
    expect(documensoProfile.eventTypes.map(({ name }) => name)).toContain(event);
  });

  test('has one of fourteen names, each described', () => {
    expect(new Set(documensoProfile.eventTypes.map(({ name }) => name)).size).toBe(14);
    expect(new Set(documensoProfile.eventTypes.map(({ description }) => description)).size).toBe(14);
  });

  test('keeps a name that is not known yet', () => {
    expect(identify({ ...sent, event: 'DOCUMENT_ARCHIVED' })).toMatchObject({
      eventType: 'DOCUMENT_ARCHIVED',
      subject: payload.envelopeId,
      occurredAtMs: null,
    });
  });

  test('that is resent, its stored payload in another order of keys, is the same in every respect', () => {
    const reversed = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(reversed);
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, each]) => [key, reversed(each)]),
      );
    };
    const resent = { ...sent, createdAt: '2026-05-01T00:00:00.000Z', webhookEndpoint: 'https://other.example.com' };
    expect(identify(JSON.stringify(reversed(resent), null, 2))).toEqual(identify(sent));
    expect(identify({ event: sent.event, payload })).toEqual(identify(sent));
  });

  test('is another one when its name or anything in its payload differs', () => {
    const paths = leafPaths(payload);
    const keys = new Set(paths.map((path) => identify({ ...sent, payload: changedAt(payload, path) }).dedupeKey));
    keys.add(identify(sent).dedupeKey);
    keys.add(identify({ ...sent, event: 'DOCUMENT_SIGNED' }).dedupeKey);
    keys.add(identify({ ...sent, payload: oldPayload }).dedupeKey);
    expect(paths.length).toBeGreaterThan(50);
    expect(keys.size).toBe(paths.length + 3);
  });

  test('with a subject that is too long or odd is still about one thing', () => {
    const of = (envelopeId: unknown) => identify({ ...sent, payload: { ...payload, envelopeId } }).subject;
    expect(of('e'.repeat(300))).toMatch(/^[\w-]{43}$/);
    expect(of('e\u0000')).toMatch(/^[\w-]{43}$/);
    expect(of('')).toBe('document:10');
    expect(of(null)).toBe('document:10');
  });

  test.each([
    ['no JSON', 'event=DOCUMENT_SIGNED', 'documenso.unrecognised'],
    ['nothing', '', 'documenso.unrecognised'],
    ['an array', '[]', 'documenso.unrecognised'],
    ['null', 'null', 'documenso.unrecognised'],
    ['no event', JSON.stringify({ payload }), 'documenso.unrecognised'],
    ['an event that is an object', JSON.stringify({ event: {}, payload }), 'documenso.unrecognised'],
    ['no payload', '{"event":"DOCUMENT_SIGNED"}', 'DOCUMENT_SIGNED'],
    ['a payload that is none', '{"event":"DOCUMENT_SIGNED","payload":[1]}', 'DOCUMENT_SIGNED'],
    ['brackets without end', '['.repeat(100_000), 'documenso.unrecognised'],
  ])('that is %s is kept under a name, and told by its bytes', (_about, body, eventType) => {
    expect(identify(body)).toMatchObject({ eventType, externalId: null, subject: null, occurredAtMs: null });
    expect(identify(body)).toEqual(identify(body));
    expect(identify(`${body} `).dedupeKey).not.toBe(identify(body).dedupeKey);
  });

  test('whose payload is nested beyond reason is told by its bytes', () => {
    const body = `{"event":"DOCUMENT_SIGNED","payload":{"id":10,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
    expect(identify(body)).toMatchObject({ eventType: 'DOCUMENT_SIGNED', subject: 'document:10' });
    expect(identify(`${body} `).dedupeKey).not.toBe(identify(body).dedupeKey);
  });
});

describe('a Documenso body as people see it', () => {
  const redact = (text: string) => documensoProfile.redact?.(Buffer.from(text))?.toString() ?? null;

  test('has every token masked, in both copies of the recipients, and all else untouched', () => {
    const text = JSON.stringify(sent, null, 2);
    expect(redact(text)).toBe(text.replaceAll(recipient.token, '***'));
    expect(redact(text)).not.toContain(recipient.token);
  });

  test('is the body itself when there is no token', () => {
    expect(redact(JSON.stringify({ ...sent, payload: { ...payload, recipients: [], Recipient: [] } }))).toBeNull();
    expect(redact('{"tokens":"abc","Token":"def","a":"token"}')).toBeNull();
    expect(redact('')).toBeNull();
  });

  test('has the digits of its numbers, its escapes and its letters kept', () => {
    const rest = String.raw`"a": 1.00, "b": 12345678901234567890, "c": "\u00e9 é 🔑 \"token\": \"kept\""`;
    expect(redact(`{${rest}, "token" :\n"a\\"b\\\\", ${rest}}`)).toBe(`{${rest}, "token" :\n"***", ${rest}}`);
  });

  test('shows nothing of a token wherever it stands in whatever body, and keeps everything else', () => {
    const key = fc.constantFrom('token', 'tokens', 'Token', 'recipients', 'name', 'é');
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'medium' },
        fc.string({ unit: fc.constantFrom('a', '"', '\\', ':', 'é', '🔑', 'token', '\n') }),
        fc.constantFrom(null, 12, true),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(key, tie('json'), { maxKeys: 4 }),
        fc.record({ token: fc.string({ unit: 'binary' }), rest: tie('json') }),
      ),
    }));
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const masked = masks(value);
        const expected = JSON.stringify(masked, null, indent);
        expect(redact(text) ?? text).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('shows nothing of a token when the body was cut off anywhere', () => {
    const text = JSON.stringify(sent);
    for (let length = 0; length < text.length; length += 1) {
      const cut = text.slice(0, length);
      expect(redact(cut) ?? cut).not.toContain(recipient.token.slice(0, 4));
    }
  });
});

describe('whatever comes', () => {
  const headers = fc.dictionary(
    fc.oneof(fc.string(), fc.constant('x-documenso-secret')),
    fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), { maxLength: 3 }),
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          event: fc.jsonValue(),
          payload: fc.oneof(
            fc.jsonValue(),
            fc.dictionary(fc.constantFrom('id', 'envelopeId', 'createdAt'), fc.jsonValue()),
          ),
        },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );

  test('is refused without the secret, and never throws', () => {
    fc.assert(
      fc.property(headers, body, (given, bytes) => {
        const request = inbound({ headers: given, body: bytes });
        expect(documensoProfile.verify(request, [credential, otherCredential], {}, 0)).toMatchObject({
          verified: false,
        });
      }),
      { numRuns: 500 },
    );
  });

  test('has an identity that can be stored, and a body that can be shown', () => {
    fc.assert(
      fc.property(headers, body, (given, bytes) => {
        const request = inbound({ headers: given, body: bytes });
        const identity = documensoProfile.identify(request, {});
        expect(identity.eventType).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/);
        expect(identity.dedupeKey).toMatch(/^[\w-]{43}$/);
        expect(identity.subject ?? 'x').toMatch(/^\P{Cc}{1,200}$/u);
        expect(Number.isSafeInteger(identity.occurredAtMs ?? 0)).toBe(true);
        expect(documensoProfile.redact?.(bytes)).not.toEqual(bytes);
      }),
      { numRuns: 1_000 },
    );
  });
});

type Path = readonly (string | number)[];

function leafPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => leafPaths(each, [...path, key]));
}

function changedAt(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return `${String(value)}, changed`;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = changedAt(copy[key], rest);
  return copy;
}

/** What JSON with its tokens masked is, by the parsed value. */
function masks(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(masks);
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    key === 'token' && typeof each === 'string' ? '***' : masks(each),
  ]);
  return Object.fromEntries(entries) as unknown;
}
