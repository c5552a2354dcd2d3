import { describe, expect, it } from 'vitest';
import { bypassesProxy, parseNoProxy, parseProxyUrl } from './proxy.rules.ts';

describe('a proxy URL', () => {
  it('is read with its default port and its credentials', () => {
    expect(parseProxyUrl('http://proxy')).toEqual({ secure: false, hostname: 'proxy', port: 80, authorization: null });
    expect(parseProxyUrl('https://me:p%40ss@[fd00::1]:3128/')).toEqual({
      secure: true,
      hostname: 'fd00::1',
      port: 3128,
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    });
  });

  it.each(['', 'proxy:3128', 'socks5://proxy', 'http://%zz@proxy'])('is not %j', (url) => {
    expect(parseProxyUrl(url)).toBeNull();
  });
});

describe('hosts reached without the proxy', () => {
  const bypass = parseNoProxy(
    'localhost, .internal.example *.wild.example,named.example:8443 10.0.0.0/8,[fd00::]/8,fd01::1',
  );

  it.each([
    ['localhost', true],
    ['LOCALHOST.', true],
    ['a.internal.example', true],
    ['internal.example', true],
    ['notinternal.example', false],
    ['a.wild.example', true],
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['fd01::1', true],
    ['example.com', false],
  ])('%s: %s', (hostname, direct) => {
    expect(bypassesProxy(hostname, 443, bypass)).toBe(direct);
  });

  it('may be given for one port', () => {
    expect(bypassesProxy('named.example', 8443, bypass)).toBe(true);
    expect(bypassesProxy('named.example', 443, bypass)).toBe(false);
  });

  it('are all with a star and none with an empty list', () => {
    expect(bypassesProxy('example.com', 443, parseNoProxy('*'))).toBe(true);
    expect(bypassesProxy('example.com', 443, parseNoProxy(''))).toBe(false);
  });
});
