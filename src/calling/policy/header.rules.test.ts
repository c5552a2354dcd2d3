import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestHeaders, responseHeaders } from './header.rules.ts';

const out = (...flat: string[]) => requestHeaders(flat, { version: '1.2.3', replaced: new Set(['x-tenant-key']) });
const inOrder = (lines: string, ...more: string[]) => [
  ...lines.split(' | ').flatMap((line) => line.split(': ')),
  ...more,
];
const own = ['user-agent', 'Posthorn/1.2.3'];

describe('of a request', () => {
  test('what the caller says about its call goes on, names in lower case', () => {
    const flat = ['Accept', 'application/pdf', 'Content-Type', 'application/json', 'Idempotency-Key', 'k1'];
    expect(out(...flat, 'Accept-Encoding', 'gzip', 'Accept', 'text/plain')).toEqual(
      inOrder(
        'accept: application/pdf | content-type: application/json | idempotency-key: k1 | accept-encoding: gzip | accept: text/plain',
        ...own,
      ),
    );
  });

  test.each([
    [
      'who it is',
      ['Authorization', 'X-API-Key', 'Cookie', 'X-DocuSign-Authentication', 'Proxy-Authorization', 'X-Tenant-Key'],
    ],
    ['how it came', ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Whatever', 'X-Real-IP', 'Via']],
    ['one connection', ['Connection', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Expect', 'Host']],
    ['another target than was judged', ['X-HTTP-Method-Override', 'X-Original-URL', 'X-Rewrite-URL']],
    ['Posthorn', ['Posthorn-Key', 'posthorn-anything', 'Content-Length']],
  ])('what tells of %s does not', (_, names) => {
    expect(out(...names.flatMap((name) => [name, 'x']))).toEqual(own);
  });

  test('what Connection names does not either, but for what the body is nothing without', () => {
    const flat = ['X-Hop', '1', 'X-Other', '2', 'Content-Type', 'text/plain', 'X-Kept', '3'];
    expect(out('Connection', 'close, X-Hop', ...flat, 'connection', 'x-other,Content-Type')).toEqual(
      inOrder('content-type: text/plain | x-kept: 3', ...own),
    );
  });

  test('a user agent stays, with Posthorn behind it', () => {
    expect(out('User-Agent', 'docusign-node/10')).toEqual(['user-agent', 'docusign-node/10 Posthorn/1.2.3']);
    expect(out('User-Agent', '')).toEqual(own);
  });
});

describe('of an answer', () => {
  test('what tells of the answer goes back, its length too', () => {
    const flat = [
      'content-type',
      'application/pdf',
      'content-length',
      '3',
      'x-ratelimit-remaining',
      '2',
      'etag',
      '"1"',
    ];
    expect(responseHeaders(flat)).toEqual(flat);
  });

  test('cookies, rules for the provider’s host, and what looks like Posthorn’s own do not', () => {
    const names = ['Set-Cookie', 'Strict-Transport-Security', 'Alt-Svc', 'WWW-Authenticate', 'Posthorn-Call'];
    const more = [
      'Access-Control-Allow-Origin',
      'Clear-Site-Data',
      'Connection',
      'Keep-Alive',
      'Transfer-Encoding',
      'X-Hop',
    ];
    const flat = [...names, ...more].flatMap((name) => [name, name === 'Connection' ? 'x-hop' : 'x']);
    expect(responseHeaders([...flat, 'x-kept', '1'])).toEqual(['x-kept', '1']);
  });
});

test('whatever comes, what goes on are pairs that a message can hold, and never credentials', () => {
  const name = fc.oneof(fc.constantFrom('Authorization', 'X-Api-Key', 'Accept', 'Connection', 'Cookie'), fc.string());
  fc.assert(
    fc.property(fc.array(fc.oneof(name, fc.string({ unit: 'binary' }))), (given) => {
      for (const passed of [requestHeaders(given, { version: '1' }), responseHeaders(given)]) {
        const pairs: [string, string][] = [];
        for (let index = 0; index < passed.length; index += 2) {
          pairs.push([passed[index] as string, passed[index + 1] as string]);
        }
        // The platform's own reading of names and values refuses what a message cannot hold.
        const headers = new Headers(pairs);
        expect(headers.has('connection')).toBe(false);
      }
      const sent = new Set(requestHeaders(given, { version: '1' }).filter((_, index) => index % 2 === 0));
      for (const secret of ['authorization', 'x-api-key', 'cookie']) expect(sent.has(secret)).toBe(false);
    }),
  );
});
