import { expect, test } from 'vitest';
import type { DeliveryItem } from '../../delivery/delivery-ports.ts';
import { prepareRequests } from '../../delivery/request-preparation.ts';
import type { EndpointConfig } from '../../endpoints/endpoint-config.ts';
import { createSigner } from '../../signing/signer.rules.ts';
import { forwardedHeaders } from './forwarded-headers.rules.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = Buffer.from('{"n":1}');
const event = { id: 'evt_01kajxkkj8ffkr1g8xs6a3ek0r', type: 'a.b', contentType: 'application/json; charset=utf-8' };

test.each([
  ['of the API', null],
  ['of a source', { sourceId: 'src_01kajxkkj8ffkr1g8xs6a3ek0r', coverage: 'sender' as const }],
])('an event %s is forwarded with the headers that a delivery of it has', (_what, origin) => {
  const signing = { scheme: 'standard-webhooks' } as const;
  const endpoint = {
    signing,
    secrets: [secret],
    headers: [],
    largeBodies: { inlineMaxBytes: 1e6, referenceSeconds: 60 },
  } as unknown as EndpointConfig;
  const item = {
    eventId: event.id,
    eventType: event.type,
    contentType: event.contentType,
    body,
    blob: null,
    origin,
    attempts: 2,
  } as unknown as DeliveryItem;
  const real = prepareRequests(endpoint, () => '')(item, 1_767_225_600, body).headers;

  const forwarded = forwardedHeaders(
    { ...event, sourceId: origin?.sourceId ?? null, coverage: origin?.coverage ?? null },
    { signer: createSigner(signing, [secret]), body, timestampSeconds: 1_767_225_600, attempt: 3, userAgent: 'x' },
  );
  const { 'content-length': length, 'user-agent': agent, ...headers } = forwarded;
  expect(Object.entries(headers).flat()).toEqual(real);
  expect([length, agent]).toEqual(['7', 'x']);
});
