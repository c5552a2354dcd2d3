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
    const refused = (headers: Record<string, string>) => {
      const verdict = judgeStaticHeaders(headers);
      return verdict.ok ? [] : verdict.refused.map(({ name, reason }) => [name, reason]);
    };
    expect(refused({ 'X-A': '1', 'x-a': '2' })).toEqual([['x-a', 'is given twice']]);
    expect(refused({ Host: 'x', 'X-A': '1', TE: 'x', 'x-b': ' ' })).toEqual([
      ['Host', 'belongs to the connection'],
      ['TE', 'belongs to the connection'],
      ['x-b', expect.stringContaining('outer space')],
    ]);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`x-${at}`, 'v']));
    expect(refused(many)).toEqual([['x-32', 'is one of more than 32 headers']]);
    const long = { 'x-a': 'v'.repeat(4096), 'x-b': 'v'.repeat(4096), 'x-c': 'v' };
    expect(refused(long)).toEqual([['x-b', 'brings the headers over 8192 characters']]);
  });
});
