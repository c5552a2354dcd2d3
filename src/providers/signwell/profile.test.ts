import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest } from '../provider-profile.ts';
import { signwellProfile } from './profile.rules.ts';

const credential: Credential = { name: 'main', kind: 'webhook-id', value: '7f9c4a1e-52d3-4f0b-8f6a-1d9e0c2b7a55' };
const seconds = 1_689_332_249;
const nowMs = seconds * 1000;
const options = { maxAgeSeconds: 3_600 };
const data = { object: { id: 'a692e1ce-9929-4541-adc7-61932bab39d3', name: 'Contract' } };

function hashOf(type: string, time: string, value = credential.value): string {
  return createHmac('sha256', value).update(`${type}@${time}`).digest('hex');
}

function post(event: Record<string, unknown>, rest: unknown = data): InboundRequest {
  return inbound({ headers: {}, body: JSON.stringify({ event, data: rest }) });
}

function verify(request: InboundRequest, atMs = nowMs): ReturnType<typeof signwellProfile.verify> {
  return signwellProfile.verify(request, [credential], options, atMs);
}

describeSigned('the hash in the body', {
  profile: signwellProfile,
  options,
  credential,
  otherCredential: { name: 'next', kind: 'webhook-id', value: 'd2b7a550-1e52-4d3f-80b8-f6a1d9e0c2b7' },
  nowMs,
  body: Buffer.from(JSON.stringify(data)),
  sign: ({ body, credential: { value }, signedAtMs }) => {
    const time = Math.floor(signedAtMs / 1000);
    const event = { hash: hashOf('document_signed', String(time), value), time, type: 'document_signed' };
    return inbound({ headers: {}, body: JSON.stringify({ event, data: JSON.parse(body.toString()) }) });
  },
  signatureIn: {
    valuesOf: (request) => [(JSON.parse(request.body.toString()) as { event: { hash: string } }).event.hash],
    withValues(request, values) {
      const members = values.map((value) => `"hash":${JSON.stringify(value)},`).join('');
      const text = request.body.toString().replace(/"hash":"[^"]*",/, () => members);
      return { ...request, body: Buffer.from(text) };
    },
  },
  toleranceSeconds: options.maxAgeSeconds,
});

describe('signwell', () => {
  const event = { hash: hashOf('document_signed', String(seconds)), time: seconds, type: 'document_signed' };

  test('a name and a time other than those signed are refused', () => {
    for (const forged of [
      { ...event, type: 'document_completed' },
      { ...event, time: seconds + 1 },
    ]) {
      expect(verify(post(forged))).toMatchObject({ reason: 'signature_mismatch' });
    }
  });

  test('the time may be a text or a number', () => {
    expect(verify(post({ ...event, time: String(seconds) }))).toMatchObject({ verified: true });
  });

  test('a name that holds the separator is refused, though its hash fits', () => {
    const type = 'document_signed@1';
    expect(verify(post({ hash: hashOf(type, String(seconds)), time: seconds, type }))).toMatchObject({
      reason: 'body_unreadable',
    });
  });

  test('a signed field or its object that comes twice is refused, since receivers may read the other one', () => {
    const right = JSON.stringify(event);
    for (const body of [
      `{"event":${right.replace('{', '{"type":"document_completed",')}}`,
      `{"event":{"type":"document_completed"},"event":${right}}`,
      `{"event":${right.replace('{', '{"t\\u0079pe":"document_completed",')}}`,
    ]) {
      expect(verify(inbound({ headers: {}, body }))).toMatchObject({ reason: 'signature_repeated' });
    }
  });

  test.each([
    ['no JSON', 'event', 'body_unreadable'],
    ['no object', '[]', 'signature_missing'],
    ['no event', '{"data":{}}', 'signature_missing'],
    ['a hash that is an object', '{"event":{"hash":{}}}', 'signature_missing'],
    ['no time', JSON.stringify({ event: { ...event, time: null } }), 'timestamp_missing'],
    ['a time in words', JSON.stringify({ event: { ...event, time: '2023-07-14T11:00:00Z' } }), 'timestamp_malformed'],
    ['a huge time', JSON.stringify({ event: { ...event, time: 1e300 } }), 'timestamp_malformed'],
    ['no type', JSON.stringify({ event: { ...event, type: [] } }), 'body_unreadable'],
  ])('%s is refused', (_name, body, reason) => {
    expect(verify(inbound({ headers: {}, body }))).toMatchObject({ verified: false, reason });
  });

  test('it is named, timed and ordered by what the body says', () => {
    expect(signwellProfile.identify(post(event), options)).toMatchObject({
      eventType: 'document_signed',
      externalId: null,
      subject: data.object.id,
      occurredAtMs: nowMs,
    });
  });

  test('two events of one name in one second, and a forged copy, do not pass for duplicates of each other', () => {
    const other = { object: { id: data.object.id, recipients: [{ status: 'signed' }] } };
    const keyOf = (request: InboundRequest): string => signwellProfile.identify(request, options).dedupeKey;
    expect(keyOf(post(event, other))).not.toBe(keyOf(post(event)));
    expect(keyOf(post(event))).toBe(keyOf(post(event)));
  });

  test('the hash, which is enough to forge with, is masked where people look, and no other hash', () => {
    const file = { sha: 'x', hash: 'of-a-file' };
    const shown = signwellProfile.redact?.(post(event, file).body)?.toString() ?? '';
    expect(JSON.parse(shown)).toEqual({ event: { ...event, hash: '***' }, data: file });
    expect(signwellProfile.redact?.(Buffer.from('{}'))).toBeNull();
  });
});
