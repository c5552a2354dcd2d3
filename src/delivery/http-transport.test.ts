import { afterEach, expect, test } from 'vitest';
import { anEndpoint, anItem } from '../../tests/support/delivery-parts.ts';
import { answered, createTestEgress } from '../../tests/support/egress.ts';
import { response, startRawServer } from '../../tests/support/raw-server.ts';
import type { ExchangeResult } from '../egress/exchange-result.ts';
import { createHttpTransport } from './http-transport.ts';
import { readRecordedRequest } from './recorded-headers.rules.ts';
import { prepareRequests } from './request-preparation.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

test.each([
  ['a body', 33_554_432],
  ['a reference in its place', 0],
])('the record of a request with %s is what went out, but for the values that are masked', async (_what, inline) => {
  const server = await startRawServer((socket) => socket.write(response(200)));
  const egress = createTestEgress();
  cleanups.push(
    () => server.close(),
    () => egress.close(),
  );
  const url = `http://receiver.test:${server.port}/hooks?token=%20t&x=1`;
  const endpoint = anEndpoint({
    url,
    secrets: [secret],
    headers: ['x-tenant', 'seven'],
    largeBodies: { inlineMaxBytes: inline, referenceSeconds: 60 },
  });
  const event = Buffer.from('{"amount": "1 €"}');
  const item = anItem('dlv_1', { body: event, blob: { key: 'k', sizeBytes: event.length } });
  const request = prepareRequests(endpoint, () => 'https://posthorn.test/bodies/1')(item, 1_767_225_600, event);
  const channel = createHttpTransport(egress).open(endpoint);
  const sending = new Promise<ExchangeResult>((resolve) => {
    channel.post(request.headers, request.body, 5_000, resolve);
  });
  await answered(sending);
  const shown = readRecordedRequest(channel.recordedHead + request.recorded, event.length);
  expect(shown.url).toBe(url);
  const [line, ...lines] = server.requests[0]!.split('\r\n\r\n', 1)[0]!.split('\r\n');
  expect(line).toBe('POST /hooks?token=%20t&x=1 HTTP/1.1');
  expect(shown.headers.map(({ name, value }) => `${name}: ${value}`).toSorted()).toEqual(
    lines.map((one) => (one === 'x-tenant: seven' ? 'x-tenant: ***' : one)).toSorted(),
  );
});
