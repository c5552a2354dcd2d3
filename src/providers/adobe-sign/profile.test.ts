import { describe, expect, test } from 'vitest';
import { describeSigned, inbound } from '../../../tests/providers/profile-table.ts';
import type { Credential, InboundRequest } from '../provider-profile.ts';
import { adobeSignProfile } from './profile.rules.ts';

const header = 'x-adobesign-clientid';
const credential: Credential = { name: 'main', kind: 'client-id', value: 'CBJCHBCAABAAqLGQ7v' };
const next: Credential = { name: 'next', kind: 'client-id', value: 'CBJCHBCAABAA9"d\\Kx' };
const notification = {
  webhookNotificationId: '3c1f7ea4-0e0c-4c39-9e20-6e1dd0cbb5d1',
  event: 'AGREEMENT_WORKFLOW_COMPLETED',
  eventDate: '2026-11-20T10:15:30Z',
  agreement: { id: 'CBJCHBCAABAAo1', name: 'Contract' },
};

function get(clientId: string | readonly string[] | null): InboundRequest {
  return inbound({ method: 'GET', headers: clientId === null ? {} : { [header]: clientId }, body: '' });
}

function identityOf(body: unknown): ReturnType<typeof adobeSignProfile.identify> {
  return adobeSignProfile.identify(inbound({ headers: {}, body: JSON.stringify(body) }), {});
}

describeSigned('the client id in its header', {
  profile: adobeSignProfile,
  options: {},
  credential,
  otherCredential: next,
  nowMs: Date.UTC(2026, 10, 20),
  body: Buffer.from(JSON.stringify(notification)),
  sign: ({ body, credential: { value } }) => inbound({ headers: { [header]: value }, body }),
  signatureIn: { header },
  toleranceSeconds: null,
});

describe('adobe-sign', () => {
  const handshake = (request: InboundRequest, credentials: readonly Credential[]) =>
    adobeSignProfile.handshake?.(request, credentials, {});
  const answer = (request: InboundRequest, credentials: readonly Credential[]) =>
    adobeSignProfile.answer?.(request, credentials, {});

  test('a GET with a client id of the source gets that client id back', () => {
    for (const { value } of [credential, next]) {
      const answered = handshake(get(value), [credential, next]);
      expect(answered).toMatchObject({ status: 200, contentType: 'application/json' });
      expect(JSON.parse(answered?.body ?? '')).toEqual({ xAdobeSignClientId: value });
    }
  });

  test('a client id of somebody else is never sent back, nor one that comes twice', () => {
    for (const clientId of ['SOMEBODYELSES', '', null, [credential.value, credential.value], ['x', credential.value]]) {
      expect(handshake(get(clientId), [credential])).toBeNull();
    }
    expect(handshake(get(credential.value), [])).toBeNull();
    expect(handshake(get(credential.value), [{ ...credential, kind: 'another' }])).toBeNull();
  });

  test('a POST is an event, and is answered with the client id that it brought', () => {
    const request = inbound({ headers: { [header]: next.value }, body: '{}' });
    expect(handshake(request, [credential, next])).toBeNull();
    expect(JSON.parse(answer(request, [credential, next])?.body ?? '')).toEqual({
      xAdobeSignClientId: next.value,
    });
  });

  test("an answer to a client id that is not the source's says nothing", () => {
    const request = inbound({ headers: { [header]: 'SOMEBODYELSES' }, body: '{}' });
    expect(answer(request, [credential])).toEqual({ status: 200, contentType: null, body: '' });
  });

  test("the client id of Adobe's web application, which everybody knows, is refused with the way out", () => {
    const kind = adobeSignProfile.credentialKinds['client-id'];
    expect(kind?.problemOf('UB7E5BXCXY')).toMatch(/proves nothing.*over the API/);
    expect(kind?.problemOf(' UB7E5BXCXY\n')).toMatch(/proves nothing/);
    expect(kind?.problemOf(credential.value)).toBeNull();
  });

  test('a notification is told by its own id, its agreement and its date', () => {
    expect(identityOf(notification)).toMatchObject({
      eventType: 'AGREEMENT_WORKFLOW_COMPLETED',
      externalId: notification.webhookNotificationId,
      subject: 'CBJCHBCAABAAo1',
      occurredAtMs: Date.UTC(2026, 10, 20, 10, 15, 30),
    });
  });

  test('a notification that is sent again is the same event, even if the agreement looks different by now', () => {
    const { dedupeKey } = identityOf(notification);
    expect(identityOf({ ...notification, agreement: { id: 'CBJCHBCAABAAo1', name: 'Renamed' } }).dedupeKey).toBe(
      dedupeKey,
    );
    expect(identityOf({ ...notification, webhookNotificationId: 'other' }).dedupeKey).not.toBe(dedupeKey);
  });

  test('without an id of its own a notification is told by its body', () => {
    const without = { ...notification, webhookNotificationId: null };
    expect(identityOf(without).dedupeKey).toBe(identityOf({ ...without }).dedupeKey);
    expect(identityOf({ ...without, event: 'AGREEMENT_CREATED' }).dedupeKey).not.toBe(identityOf(without).dedupeKey);
  });

  test('web forms and bulk sends are told by their own ids', () => {
    expect(identityOf({ event: 'WIDGET_CREATED', widget: { id: 'w1' } }).subject).toBe('w1');
    expect(identityOf({ event: 'MEGASIGN_CREATED', megaSign: { id: 'm1' } }).subject).toBe('m1');
  });

  test('a date that is none is left out', () => {
    for (const eventDate of ['yesterday', '2026', '2026-99-99T00:00:00Z', 5, null]) {
      expect(identityOf({ ...notification, eventDate }).occurredAtMs).toBeNull();
    }
  });
});
