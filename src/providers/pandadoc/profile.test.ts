import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { InboundRequest } from '../provider-profile.ts';
import { pandadocProfile } from './profile.rules.ts';

const credential = { name: 'main', kind: 'shared-key', value: 'Xw3Hk9PqT5vZ2LmN8sRb4Y' };
const changed = { event: 'document_state_changed', data: { id: 'msFYActMfJHqNTKH8YSvF1', status: 'document.sent' } };
const completed = { event: 'recipient_completed', data: { id: 'anotherDocument' } };

function post(body: unknown, headers: Record<string, string> = {}): InboundRequest {
  return inbound({ headers, body: JSON.stringify(body) });
}

describeSigned('the signature in the URL', {
  profile: pandadocProfile,
  options: {},
  credential,
  otherCredential: { name: 'next', kind: 'shared-key', value: 'aNewerSharedKeyOfTheWebhook' },
  nowMs: Date.UTC(2026, 10, 20),
  body: Buffer.from(JSON.stringify([changed], null, 2)),
  sign: ({ body, credential: { value } }) =>
    inbound({ headers: {}, body, query: { signature: createHmac('sha256', value).update(body).digest('hex') } }),
  signatureIn: { query: 'signature' },
  toleranceSeconds: null,
});

describe('pandadoc', () => {
  test('a signature in a header, or under another case of the name, is none', () => {
    const body = JSON.stringify([changed]);
    const signature = createHmac('sha256', credential.value).update(body).digest('hex');
    const elsewhere = [
      inbound({ headers: { signature }, body }),
      inbound({ headers: {}, body, query: { Signature: signature } }),
    ];
    for (const request of elsewhere) {
      expect(pandadocProfile.verify(request, [credential], {}, 0)).toMatchObject({ reason: 'signature_missing' });
    }
  });

  test('an array is one event, named after its first and about the same document', () => {
    expect(pandadocProfile.identify(post([changed, completed]), {})).toMatchObject({
      eventType: 'document_state_changed',
      subject: 'msFYActMfJHqNTKH8YSvF1',
    });
  });

  test('a single event without an array is taken too', () => {
    expect(pandadocProfile.identify(post(completed), {})).toMatchObject({
      eventType: 'recipient_completed',
      subject: 'anotherDocument',
    });
  });

  test('what cannot be recognised is named so, and told apart by its body', () => {
    const keys = new Set<string>();
    for (const body of [[], {}, [null], 'text', [[changed]], { event: {} }]) {
      const identity = pandadocProfile.identify(post(body), {});
      expect(identity).toMatchObject({ eventType: 'pandadoc.unrecognised', subject: null });
      keys.add(identity.dedupeKey);
    }
    expect(keys.size).toBe(6);
  });

  test('the same body is the same event, whatever the headers', () => {
    const key = (request: InboundRequest): string => pandadocProfile.identify(request, {}).dedupeKey;
    expect(key(post([changed], { 'x-attempt': '2' }))).toBe(key(post([changed], { 'x-attempt': '1' })));
    expect(key(post([completed]))).not.toBe(key(post([changed])));
  });

  test('links that open the document as a recipient are masked where people look', () => {
    const body = post([{ data: { recipients: [{ shared_link: 'https://app.example/s/secret', id: 'r1' }] } }]).body;
    expect(pandadocProfile.redact?.(body)?.toString()).toBe(
      '[{"data":{"recipients":[{"shared_link":"***","id":"r1"}]}}]',
    );
    expect(pandadocProfile.redact?.(post([changed]).body)).toBeNull();
  });
});
