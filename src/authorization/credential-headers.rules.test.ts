import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientCredentialsRequest, formEncode } from './client-credentials.rules.ts';
import { basicHeaders, bearerHeaders, ownHeaders } from './credential-headers.rules.ts';

const printable = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text));

function headersOf(verdict: ReturnType<typeof basicHeaders>): readonly string[] {
  if (!verdict.ok) throw new Error(verdict.problem);
  return verdict.headers;
}

describe('Basic', () => {
  it('reads back to what was given, in any writing, and is safe in a header', () => {
    fc.assert(
      fc.property(printable, printable, (name, password) => {
        const username = name.replaceAll(':', '');
        const [header, value = ''] = headersOf(basicHeaders(username, password));
        expect(header).toBe('authorization');
        expect(value).toMatch(/^Basic [A-Za-z0-9+/]+=*$/);
        const read = Buffer.from(value.slice(6), 'base64').toString('utf8');
        const colon = read.indexOf(':');
        expect([read.slice(0, colon), read.slice(colon + 1)]).toEqual([username, password]);
      }),
    );
  });

  it('is that of RFC 7617, section 2 and 2.1', () => {
    expect(headersOf(basicHeaders('Aladdin', 'open sesame'))[1]).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(headersOf(basicHeaders('test', '123£'))[1]).toBe('Basic dGVzdDoxMjPCow==');
  });

  it.each([
    ['a colon in the user name', 'a:b', 'password'],
    ['a line break in the user name', 'a\nb', 'password'],
    ['a line break in the password', 'a', 'PLANTED\r\nx-evil: 1'],
    ['a password without end', 'a', 'PLANTED'.repeat(5_000)],
  ])('refuses %s', (_about, username, password) => {
    const verdict = basicHeaders(username, password);
    expect(verdict).toMatchObject({ ok: false, problem: expect.stringContaining('; ') });
    expect(JSON.stringify(verdict)).not.toContain('PLANTED');
  });
});

describe('Bearer and headers of a provider', () => {
  it('never let anything but visible ASCII into a header, and never repeat what they refuse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 5, maxLength: 60 }), (value) => {
        for (const verdict of [bearerHeaders(value), ownHeaders('x-api-key', value)]) {
          if (verdict.ok) expect(verdict.headers.join('')).toMatch(/^[\x20-\x7e\t]+$/);
          else expect(verdict.problem).not.toContain(value);
        }
      }),
    );
  });

  it('take the names that providers use', () => {
    expect(ownHeaders('X-API-Key', 'sk_test_1')).toEqual({ ok: true, headers: ['x-api-key', 'sk_test_1'] });
    expect(ownHeaders('Authorization', 'api_1')).toEqual({ ok: true, headers: ['authorization', 'api_1'] });
  });

  it.each(['host', 'content-length', 'transfer-encoding', 'connection', 'x-forwarded-for', 'a b', ''])(
    'refuse the name %j',
    (name) => {
      expect(ownHeaders(name, 'value')).toMatchObject({ ok: false });
    },
  );

  it('refuse a header without a value, and a token with its scheme before it', () => {
    expect(ownHeaders('x-api-key', '')).toMatchObject({ ok: false });
    expect(bearerHeaders('Bearer abc')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('without `Bearer`'),
    });
    expect(bearerHeaders('')).toMatchObject({ ok: false });
  });
});

describe('the client credentials request', () => {
  const client = { tokenUrl: 'https://login.test/token', scope: null, audience: null } as const;

  it('form-encodes id and secret before Basic, so that any can be told apart (RFC 6749, section 2.3.1)', () => {
    fc.assert(
      fc.property(printable, printable, (clientId, clientSecret) => {
        const { headers } = clientCredentialsRequest({
          ...client,
          clientId,
          clientSecret,
          clientAuthentication: 'basic',
        });
        const pair = Buffer.from(headers['authorization']?.slice(6) ?? '', 'base64').toString('utf8');
        const [id = '', secret = '', ...others] = pair.split(':');
        expect(others).toEqual([]);
        const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
        expect([decode(id), decode(secret)]).toEqual([clientId, clientSecret]);
      }),
    );
    expect(formEncode('a b:c/é+&')).toBe('a+b%3Ac%2F%C3%A9%2B%26');
  });

  it('puts them into the body instead when that is asked for, with scope and audience', () => {
    const request = clientCredentialsRequest({
      ...client,
      clientId: 'id&1',
      clientSecret: 's=2',
      scope: 'read write',
      audience: 'https://api.test',
      clientAuthentication: 'body',
    });
    expect(request.headers['authorization']).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(request.body ?? ''))).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      audience: 'https://api.test',
      client_id: 'id&1',
      client_secret: 's=2',
    });
  });
});
