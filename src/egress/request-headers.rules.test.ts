import fc from 'fast-check';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { describe, expect, it } from 'vitest';
import { judgeStaticHeader, judgeStaticHeaders } from './request-headers.rules.ts';

describe('which headers a user may add to an endpoint', () => {
  it.each(['Authorization', 'X-Api-Key', 'x-tenant', 'Accept', 'CF-Access-Client-Id', 'Cookie'])('takes %s', (name) => {
    expect(judgeStaticHeader(name, 'Bearer abc, def="1"')).toEqual({ ok: true, name: name.toLowerCase() });
  });

  it.each([
    ['Host', 'connection'],
    ['Content-Length', 'connection'],
    ['transfer-ENCODING', 'connection'],
    ['Connection', 'connection'],
    ['Keep-Alive', 'connection'],
    ['TE', 'connection'],
    ['Trailer', 'connection'],
    ['Upgrade', 'connection'],
    ['Expect', 'connection'],
    ['Proxy-Authorization', 'connection'],
    ['Proxy-Connection', 'connection'],
    ['Content-Type', 'set by Posthorn'],
    ['User-Agent', 'set by Posthorn'],
    ['Accept-Encoding', 'set by Posthorn'],
    ['Posthorn-Attempt', 'set by Posthorn'],
    ['webhook-id', 'signature'],
    ['Webhook-Timestamp', 'signature'],
    ['webhook-signature', 'signature'],
    ['svix-id', 'signature'],
    ['X-Hub-Signature-256', 'signature'],
    ['X-Forwarded-For', 'route'],
    ['Forwarded', 'route'],
    ['X-Real-IP', 'route'],
    ['', 'token'],
    ['x y', 'token'],
    ['x:y', 'token'],
    ['x\r\ny', 'token'],
    ['hôte', 'token'],
    ['x'.repeat(129), 'longer'],
  ])('refuses the name %j: %s', (name, reason) => {
    expect(judgeStaticHeader(name, 'v')).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it.each(['a\r\nhost: evil', 'a\nb', 'a\rb', 'a\0b', ' a', 'a ', 'a\t', 'é', '\u{1f4e8}', 'a\x7fb', 'x'.repeat(4097)])(
    'refuses the value %j',
    (value) => {
      expect(judgeStaticHeader('x-tenant', value).ok).toBe(false);
    },
  );

  it('takes nothing that Node itself would refuse to send', () => {
    const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x17f }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom('x-a', 'Accept')), anyText, (name, value) => {
        if (!judgeStaticHeader(name, value).ok) return;
        expect(() => validateHeaderName(name)).not.toThrow();
        expect(() => validateHeaderValue(name, value)).not.toThrow();
        expect(`${name}: ${value}`).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 2000 },
    );
  });

  it('judges the headers of an endpoint together', () => {
    expect(judgeStaticHeaders({ 'X-A': '1', Accept: 'x' })).toEqual({ ok: true, headers: ['x-a', '1', 'accept', 'x'] });
    expect(judgeStaticHeaders({ 'X-A': '1', 'x-a': '2' })).toMatchObject({ ok: false, name: 'x-a' });
    expect(judgeStaticHeaders({ 'X-A': '1', Host: 'x' })).toMatchObject({ ok: false, name: 'Host' });
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`x-${at}`, 'v']));
    expect(judgeStaticHeaders(many)).toMatchObject({ ok: false, name: 'x-32' });
    const long = { 'x-a': 'v'.repeat(4096), 'x-b': 'v'.repeat(4096) };
    expect(judgeStaticHeaders(long)).toMatchObject({ ok: false, name: 'x-b' });
  });
});
