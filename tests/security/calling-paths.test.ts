import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { providerToken } from '../faults/calling-parts.ts';
import { headerIn, isBelowBase, statusesIn, type UpstreamPair, upstreamPairForTest } from './upstream-pair.ts';

/** A request for a target, as it stands in the request line, with an API key that may call. */
function requestFor({ key }: UpstreamPair, target: string, more: { host?: string; headers?: string[] } = {}): string {
  const { host = 'posthorn.example.com', headers = [] } = more;
  const lines = [`Host: ${host}`, `Authorization: Bearer ${key}`, 'Connection: close', ...headers];
  return `GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** What reached an upstream went to the right host, below the base path, with the credentials of the connection. */
function expectInside(pair: UpstreamPair, what: string): void {
  expect(pair.outside, what).toEqual([]);
  for (const request of pair.seen) {
    expect(isBelowBase(request.url), `${what}: ${request.url}`).toBe(true);
    expect(headerIn(request, 'host'), what).toBe(pair.insideHost);
    expect(headerIn(request, 'authorization'), what).toBe(`Bearer ${providerToken}`);
    expect(JSON.stringify(request), what).not.toContain(pair.key);
  }
}

test('what tells whether a path is below the base can tell', () => {
  for (const path of ['/base/v1/../x', '/base/v1/%2e%2e/x', '/base/v1/..;a/x', '/base/v1\\..\\x', '/base/v10', '/']) {
    expect(isBelowBase(path), path).toBe(false);
  }
  for (const path of ['/base/v1/', '/base/v1/a;b=..?x=/../', '/base/v1/a%20b']) expect(isBelowBase(path)).toBe(true);
});

describe('over raw sockets', () => {
  test('no path leads outside the base URL of the connection, in whatever way it is written', async () => {
    const pair = await upstreamPairForTest();
    const { outsideHost } = pair;
    const refused = [
      ['/..', '/../secret', '/a/../../secret', '/./../x', '/.', '/a/.', '/a/./b'],
      ['/%2e%2e/secret', '/%2E%2E/secret', '/.%2e/x', '/%2e./x', '/%2e', '/a/%2e%2e%2f..', '/%2e%2e%2fsecret'],
      ['/%252e%252e/x', '/%25252e%25252e/x', '/%252f', '/%25%32%65%25%32%65/x', '/%2525252525252e'],
      ['/..;/x', '/..;a=b/x', '/a/..;x=1/../b', '/..%3bx/y', '/.;/x'],
      ['/..\\x', '/\\..\\x', '/..%5cx', '/%5c..%5cx', '\\..\\x', '/%5c%5chost', '/a%2fb', '/a%2F..%2Fb'],
      [`//${outsideHost}/x`, `///${outsideHost}/x`, `/%2f${outsideHost}/x`, `/\\${outsideHost}/x`, `\\\\x`],
      ['/x#y', '/x#/../../y', '#', '/%00', '/x%00.json', '/%0d%0aHost:%20evil', '/x%0a', '/x%0d', '/%7f', '/%1b'],
      ['/%c0%ae%c0%ae/x', '/%c0%af', '/%c1%9c', '/%', '/%2', '/%zz', '/x%u002e', '/<x>', '/"', '/{x}', '/|/^`'],
      ['/..%20/x', '/%2e%2e%20/x', `/${'a'.repeat(8_200)}`, `/${'a/'.repeat(5_000)}..`],
      [`@${outsideHost}/x`, `:80@${outsideHost}/x`, `.${outsideHost}/x`, '-other/x', '%2f../x', '%2f..%2fx'],
    ].flat();
    for (const path of refused) {
      const [status] = statusesIn(await pair.write(requestFor(pair, pair.prefix + path)));
      // 431: the server of HTTP has its own limit.
      expect([400, 404, 414, 431], path).toContain(status);
    }
    expect(pair.seen).toEqual([]);
    expectInside(pair, 'refused');

    const passed = [
      ['', '/', '?a=b', '/a', '/a//b', '/a%20b', '/a;v=1;w=..', '/...', '/..a', '/a..', '/~x', '/%E2%80%A6'],
      [`/http://${outsideHost}/x`, '/x?../../y', '/x?a=%2e%2e%2f', '/x?//host', '/x?a=\\..\\', '/%25', '/a%3fb'],
      ['/%EF%BC%8E%EF%BC%8E/x', '/%e2%80%ae', `/${'a'.repeat(4_000)}`, '/%40', '/a:b@c'],
    ].flat();
    for (const path of passed) {
      expect(statusesIn(await pair.write(requestFor(pair, pair.prefix + path))), path).toEqual([200]);
    }
    // As it was written, to the byte.
    const slashed = (path: string): string => (path === '' || path.startsWith('?') ? `/${path}` : path);
    expect(pair.seen.map(({ url }) => url)).toEqual(passed.map((path) => `/base/v1${slashed(path)}`));
    expectInside(pair, 'passed');
  }, 120_000);

  test('no target, method or host makes Posthorn a proxy for anything else', async () => {
    const pair = await upstreamPairForTest();
    const { outsideHost, prefix, connection, key } = pair;
    const targets = [
      `http://${outsideHost}/x`,
      `http://${outsideHost}${prefix}/x`,
      `https://${outsideHost}/x`,
      `http://posthorn.example.com${prefix}/x`,
      `http://user:password@${outsideHost}${prefix}/x`,
      `//${outsideHost}${prefix}/x`,
      `/${outsideHost}${prefix}/x`,
      `${prefix}/../${connection}/x`,
      `/v1/..${prefix}/x`,
      `/./egress/${connection}/x`,
      `/%65gress/${connection}/x`,
      `/EGRESS/${connection}/x`,
      `/egress/%63on${connection.slice(3)}/x`,
      `/egress//${connection}/x`,
      `/egress/${connection.toUpperCase()}/x`,
      `/egress\\${connection}\\x`,
      `/egress/${connection};x/y`,
      `/egress/${connection}%00/y`,
      `/egress/${connection}%3f/y`,
      '/egress/',
      '/egress/../x',
      '*',
      'x',
      `${outsideHost}`,
      '?',
    ];
    for (const target of targets) {
      const [status = 0] = statusesIn(await pair.write(requestFor(pair, target)));
      expect(status, target).toBeGreaterThanOrEqual(400);
      expect(status, target).toBeLessThan(500);
    }
    const head = `Host: ${outsideHost}\r\nAuthorization: Bearer ${key}\r\nProxy-Authorization: Bearer ${key}\r\nConnection: close\r\n\r\n`;
    for (const line of [
      `CONNECT ${outsideHost} HTTP/1.1`,
      `CONNECT ${prefix}/x HTTP/1.1`,
      `TRACE ${prefix}/x HTTP/1.1`,
      `TRACK ${prefix}/x HTTP/1.1`,
      'PROPFIND * HTTP/1.1',
      `PROPFIND ${outsideHost} HTTP/1.1`,
      `SEARCH ${prefix}/../x HTTP/1.1`,
      'OPTIONS * HTTP/1.1',
      `get ${prefix}/x HTTP/1.1`,
      `GET ${prefix}/x y HTTP/1.1`,
      `GET\t${prefix}/x HTTP/1.1`,
      `GET ${prefix}/\x00 HTTP/1.1`,
      `GET ${prefix}/\xff HTTP/1.1`,
      `GET ${prefix}/\x1b[2J HTTP/1.1`,
      'PRI * HTTP/2.0',
    ]) {
      const statuses = statusesIn(await pair.write(`${line}\r\n${head}`));
      // CONNECT ends without a word.
      expect(
        statuses.every((status) => status >= 400 && status < 500),
        `${line}: ${statuses.join()}`,
      ).toBe(true);
    }
    expect(pair.seen).toEqual([]);
    expectInside(pair, 'refused');
  }, 120_000);

  test('headers that other servers route by change neither host, path nor method', async () => {
    const pair = await upstreamPairForTest();
    const { outsideHost, prefix } = pair;
    const headers = [
      `X-Forwarded-Host: ${outsideHost}`,
      `X-Host: ${outsideHost}`,
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Proto: https',
      `Forwarded: for=10.0.0.1;host=${outsideHost}`,
      'X-Original-URL: /secret',
      'X-Rewrite-URL: /secret',
      'X-HTTP-Method-Override: DELETE',
      'X-Method-Override: DELETE',
      'Via: 1.1 evil',
      'Cookie: session=1',
      'X-Api-Key: another',
      'Proxy-Connection: keep-alive',
      'X-Mine: kept',
    ];
    for (const host of [outsideHost, 'localhost', '', 'posthorn@evil', 'a'.repeat(300)]) {
      const statuses = statusesIn(await pair.write(requestFor(pair, `${prefix}/x`, { host, headers })));
      expect(statuses, host).toEqual([200]);
    }
    expect(pair.seen).toHaveLength(5);
    for (const request of pair.seen) {
      expect([request.method, request.url]).toEqual(['GET', '/base/v1/x']);
      const names = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
      expect(names.toSorted()).toEqual(['authorization', 'connection', 'host', 'user-agent', 'x-host', 'x-mine']);
    }
    // Posthorn has no use for Host: of two it takes none.
    const twice = statusesIn(await pair.write(requestFor(pair, `${prefix}/x`, { headers: [`Host: ${outsideHost}`] })));
    expect(twice.every((status) => status === 400 || status === 200)).toBe(true);
    const none = await pair.write(`GET ${prefix}/x HTTP/1.1\r\nAuthorization: Bearer ${pair.key}\r\n\r\n`);
    expect(statusesIn(none)).toEqual([400]);
    expectInside(pair, 'headers');
  }, 60_000);

  test('what is put together at random stays inside too', async () => {
    const pair = await upstreamPairForTest();
    const pieces = [
      ['/', '//', '.', '..', '%2e', '%2E%2e', '%252e', '%2f', '%5c', '\\', ';', ';a=', '?', '#', '@', ':', '%00'],
      ['%0d%0a', '%20', ' ', '\t', 'a', 'b%20c', '%c0%ae', '%ff', '%', '\u00e4', pair.outsideHost, 'http://', '*'],
    ].flat();
    const parts = fc.constantFrom(...pieces);
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 10 }), async (path) => {
        const before = pair.seen.length;
        const target = `${pair.prefix}/${path.join('')}`;
        const statuses = statusesIn(await pair.write(Buffer.from(requestFor(pair, target), 'latin1')));
        expect(statuses.length, target).toBeLessThanOrEqual(1);
        const isPassed = statuses[0] === 200;
        expect(pair.seen.length - before, target).toBe(isPassed ? 1 : 0);
        if (isPassed) passed += 1;
        expectInside(pair, target);
        pair.seen.length = 0;
      }),
      { numRuns: 400 },
    );
    expect(passed).toBeGreaterThan(10);
  }, 120_000);
});
