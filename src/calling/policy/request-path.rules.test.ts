import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEgressPath } from './request-path.rules.ts';

const prefix = '/egress/con_01';
const read = (rest: string) => readEgressPath(`${prefix}${rest}`, prefix);

test('what the caller wrote goes on unchanged', () => {
  for (const path of [
    '/',
    '/api/v2/envelope/envelope_x1',
    '/restapi/v2.1/accounts/1/envelopes/AAA/documents/',
    '/a%20b/%E2%82%AC/100%25/a+b,c;v=1:@$!*()~',
    '/files/.hidden/a..b/...',
    '/iso6523-actorid-upis::0088:123|x',
    '/a//b/',
  ]) {
    expect(read(path)).toEqual({ ok: true, path, query: '' });
    const query = '?identifier=0088:123&x=%2e%2e%2f/../y&z=[1]';
    expect(read(`${path}${query}`)).toEqual({ ok: true, path, query });
  }
});

test('nothing behind the connection is the base URL itself', () => {
  expect(read('')).toEqual({ ok: true, path: '/', query: '' });
  expect(read('?a=1')).toEqual({ ok: true, path: '/', query: '?a=1' });
});

describe('a path that could mean another one is refused', () => {
  test.each([
    ['dot segments', ['/..', '/../x', '/a/../b', '/a/..', '/./a', '/a/.', '/a/..?x']],
    ['encoded dots', ['/%2e%2e/x', '/a/%2E./b', '/.%2e', '/%2e', '/%252e%252e/x', '/%25252e./x', '/%2%65%2e/']],
    [
      'dots with something behind',
      ['/..;/x', '/..;a=b/x', '/.;', '/..%3b/x', '/..%3Fx', '/..%23x', '/..%20/x', '/..%253b/'],
    ],
    ['encoded slashes', ['/a%2fb', '/a%2Fb', '/a%5cb', '/%252f', '/%255C..']],
    ['backslashes', ['/a\\b', '\\\\host', '/\\host', '/..\\']],
    ['empty segments at the start', ['//host', '//', '///host/x', '//..']],
    ['control characters', ['/a%00', '/a%0d%0ab', '/a%7f', '/a%250a', '/a\r\nx', '/a\0', '/?a=%0a', '/?a=%00']],
    ['what is not ASCII', ['/ä', '/a b', '/\u2024\u2024/', '/?ü']],
    ['overlong encodings', ['/%c0%ae%c0%ae/', '/%C1%9c']],
    ['broken percent signs', ['/%', '/%2', '/%zz', '/a%/b']],
    ['fragments', ['/a#b', '#', '/?a#b']],
    ['characters that belong encoded', ['/{id}', '/a"b', '/<a>', '/a^b', '/a`b']],
  ])('%s', (_, paths) => {
    for (const path of paths) expect(read(path), path).toMatchObject({ ok: false });
  });

  test('another connection, a whole URL, or something very long', () => {
    for (const raw of [
      `${prefix}2/a`,
      `${prefix}.example.com/`,
      `${prefix}@host/`,
      '/egress/con_02/a',
      'http://host/egress/con_01/a',
      'host:443',
      '*',
      '',
      `${prefix}/${'a'.repeat(9_000)}`,
    ]) {
      expect(readEgressPath(raw, prefix), raw).toMatchObject({ ok: false });
    }
  });
});

const pieces = (
  '/ // . .. ... \\ % %2e %2E %252e %2f %5c %25 %00 %0a %c0%ae %3b %3f %23 ; : @ ? # & = a Z 0 2 e f http: host | ~ ä ' +
  '\u2024 \t \n'
).split(' ');
const target = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 12 });

test('appended to a base URL it never leaves origin and base path, decoded however often, for any reader', () => {
  let taken = 0;
  fc.assert(
    fc.property(
      target,
      fc.constantFrom('https://api.example.com', 'https://demo.docusign.net/restapi', 'http://127.0.0.1:8080/a/b'),
      (parts, base) => {
        const found = read(`/${parts.join('')}`);
        if (!found.ok) {
          expect(found.reason.length).toBeGreaterThan(10);
          return;
        }
        taken += 1;
        const { origin, pathname } = new URL(base);
        const root = pathname.endsWith('/') ? pathname : `${pathname}/`;
        let path = found.path;
        for (let times = 0; times < 5; times += 1) {
          for (const reading of [path, path.replaceAll('\\', '/'), path.replaceAll(/;[^/]*/g, '')]) {
            const url = new URL(`${base}${reading}`);
            expect(url.origin).toBe(origin);
            expect(url.username + url.password).toBe('');
            expect(url.pathname.startsWith(root), url.href).toBe(true);
          }
          path = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
        }
        expect(new URL(`${base}${found.path}${found.query}`).href).not.toContain('#');
      },
    ),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

test('no request target makes it throw, and what is taken is the end of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', prefix, `${prefix}/`), (text, start) => {
      const target = `${start}${text}`;
      const found = readEgressPath(target, prefix);
      const rest = target.slice(prefix.length);
      const shown = found.ok ? found.path + found.query : rest;
      expect([rest, `/${rest}`]).toContain(shown);
    }),
  );
});
