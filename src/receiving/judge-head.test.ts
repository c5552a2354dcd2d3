import { expect, test } from 'vitest';
import { aHead, aSource } from '../../tests/receiving/receiver-stand.ts';
import { createHeadJudge } from './judge-head.ts';

let nowMs = 0;
const judge = createHeadJudge({ now: () => nowMs });

test.each([
  ['203.0.113.7', ['203.0.113.0/24'], true],
  ['::ffff:203.0.113.7', ['203.0.113.0/24'], true],
  ['203.0.114.7', ['203.0.113.0/24', '10.0.0.0/8'], false],
  ['2001:db8::1', ['203.0.113.0/24', '2001:db8::/32'], true],
  ['2001:db9::1', ['2001:db8::/32'], false],
  ['127.0.0.1', ['0.0.0.0/0'], true],
  ['::1', ['0.0.0.0/0'], false],
  ['not an address', ['0.0.0.0/0', '::/0'], false],
  ['', ['0.0.0.0/0'], false],
])('an address %s and the list %j: %s', (address, allowAddresses, allowed) => {
  const rejection = judge.head(aSource('documenso', { allowAddresses }), aHead(0, { address }));
  expect(rejection?.reason ?? null).toBe(allowed ? null : 'address_not_allowed');
});

test('without a list anybody may send, from wherever', () => {
  expect(judge.head(aSource(), aHead(0, { address: 'unknown' }))).toBeNull();
});

test.each([
  ['documenso', 'POST', null],
  ['documenso', 'GET', 'method_not_taken'],
  ['documenso', 'PUT', 'method_not_taken'],
  ['adobe-sign', 'GET', null],
  ['adobe-sign', 'DELETE', 'method_not_taken'],
])('%s by %s: %s', (provider, method, reason) => {
  expect(judge.head(aSource(provider), aHead(0, { method }))?.reason ?? null).toBe(reason);
});

test.each([
  [null, null],
  ['identity', null],
  ['Identity', null],
  ['gzip', 'content_encoding_not_taken'],
  ['identity, gzip', 'content_encoding_not_taken'],
  ['', 'content_encoding_not_taken'],
])('an encoding of %j: %s', (contentEncoding, reason) => {
  expect(judge.head(aSource(), aHead(0, { contentEncoding }))?.reason ?? null).toBe(reason);
});

test.each([
  ['documenso', 'application/json', null],
  ['documenso', 'Application/JSON ; charset=utf-8', null],
  ['documenso', 'text/plain', 'content_type_not_taken'],
  ['documenso', null, 'content_type_not_taken'],
  ['documenso', 'application/json, text/html', 'content_type_not_taken'],
  ['goroute', 'whatever it is', null],
  ['goroute', null, null],
])('%s and the content type %j: %s', (provider, contentType, reason) => {
  expect(judge.head(aSource(provider), aHead(0, { contentType }))?.reason ?? null).toBe(reason);
});

test('a question by GET needs no content type', () => {
  expect(judge.head(aSource('adobe-sign'), aHead(0, { method: 'GET', contentType: null }))).toBeNull();
});

test('what a sender says of itself is repeated in short', () => {
  const rejection = judge.head(aSource(), aHead(0, { contentType: 'x'.repeat(10_000) }));
  expect(rejection?.detail.length).toBeLessThan(120);
  expect(judge.head(aSource(), aHead(0, { method: 'PROPFIND'.repeat(10) }))?.detail.length).toBeLessThan(40);
});

test('a rate is each source’s own, and a changed one counts at once', () => {
  const [one, two] = [aSource('documenso', { ratePerSecond: 2 }), aSource('documenso', { ratePerSecond: 2 })];
  expect([1, 2, 3].map(() => judge.rate(one)?.reason ?? null)).toEqual([null, null, 'rate_limited']);
  expect(judge.rate(two)).toBeNull();
  expect(judge.rate({ ...one, ratePerSecond: 5 })).toBeNull();
  expect(judge.rate({ ...one, ratePerSecond: null })).toBeNull();
  nowMs += 1_000;
  expect(judge.rate(one)).toBeNull();
});
