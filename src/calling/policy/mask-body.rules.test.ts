import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskBody, maskPath } from './mask-body.rules.ts';

const maskedJson = (value: unknown, maxBytes = 16_384): unknown => {
  const kept = maskBody(Buffer.from(JSON.stringify(value)), 'application/json; charset=utf-8', maxBytes);
  return kept === null ? null : JSON.parse(kept.toString('utf8'));
};
const maskedForm = (text: string): string | undefined =>
  maskBody(Buffer.from(text), 'application/x-www-form-urlencoded', 16_384)?.toString('utf8');

describe('of a JSON body', () => {
  test('ids, codes, numbers and times stay', () => {
    const value = {
      envelopeId: '44c5ad6c-b8d1-4f0e-9f5f-0c1a2d3e4f50',
      id: 'envelope_abcdefghijklmnop',
      status: 'COMPLETED',
      createdAt: '2026-03-01T09:30:00.250Z',
      page: 2,
      active: true,
      none: null,
      eventType: 'transaction.delivered',
      identifier: '0088:7300010000001',
      base: 'https://app.documenso.com',
    };
    expect(maskedJson(value)).toEqual(value);
  });

  test.each([
    'password',
    'token',
    'access_token',
    'refreshToken',
    'client_secret',
    'private_key',
    'Authorization',
    'apiKey',
    'x-api-key',
    'assertion',
    'accessCode',
    'webhookSecret',
  ])('the value of %s does not, whatever it is', (name) => {
    for (const value of ['abc', 4711, ['a', 'b'], { a: { b: 'c' } }]) {
      expect(maskedJson({ [name]: value, deep: [{ [name]: value }] })).toEqual({
        [name]: '***',
        deep: [{ [name]: '***' }],
      });
    }
  });

  test('names and e-mail addresses of people do not, under any name', () => {
    const shown = maskedJson({
      signers: [
        { name: 'Ada Lovelace', email: 'ada@example.com', userName: 'ada', recipientId: '1', phoneNumber: '+44 1' },
      ],
      emails: ['ada@example.com', 'x'],
      note: 'ada@example.com',
      message: 'Dear Ada, please sign',
      'ada@example.com': 1,
    });
    expect(shown).toEqual({
      signers: [{ name: '***', email: '***', userName: '***', recipientId: '1', phoneNumber: '***' }],
      emails: ['***', '***'],
      note: '***',
      message: '[text of 21 characters]',
      '***': 1,
    });
  });

  test('documents, long texts, keys and links that carry tokens show what they were', () => {
    const shown = maskedJson({
      documentBase64: `JVBERi0${'A'.repeat(100)}`,
      blob: 'x'.repeat(300),
      pem: '-----BEGIN RSA PRIVATE KEY-----',
      jwt: 'eyJhbGciOi.eyJzdWIi.c2ln',
      hidden: 'api_a1b2c3d4',
      signingUrl: 'https://ada:pw@app.documenso.com/sign/abc?x=1',
    });
    expect(shown).toEqual({
      documentBase64: '[PDF in base64, 107 characters]',
      blob: '[300 characters]',
      pem: '***',
      jwt: '***',
      hidden: '***',
      signingUrl: 'https://app.documenso.com/***',
    });
  });

  test.each([
    ['/sign/1?token=hidden&page=2', '/sign/1?token=***&page=2'],
    ['app.example.com/sign?page=2&Access_Token=hidden', 'app.example.com/sign?page=2&Access_Token=***'],
    ['/done#access_token=hidden&state=open', '/done#access_token=***&state=open'],
    ['/done?page=1#token=hidden', '/done?page=1#token=***'],
    ['/login?next=%2Fsign%3Ftoken%3Dhidden', '/login?next=/sign?token=***'],
    ['/login?next=/sign?token=hidden', '/login?next=/sign?token=***'],
    ['<https://example.com/x?token=hidden>', '<https://example.com/***'],
    ['url=https://example.com/x?token=hidden', 'url=https://example.com/***'],
    ['(a://b)https://example.com/x?token=hidden', '(a://b)https:/***'],
    ['1://x?token=hidden', '1://x?token=***'],
  ])('of an address in %j the secrets of its query are masked', (given, expected) => {
    expect(maskedJson({ link: given, list: [given] })).toEqual({ link: expected, list: [expected] });
  });

  test.each(['what?', 'a?b', '#ff00aa', '/list?page=2&order=asc#top', 'ratio://', '?'])('%j stays', (text) => {
    expect(maskedJson({ value: text })).toEqual({ value: text });
  });

  test('a planted token is in no address that is kept, wherever its parameter stands', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', '?', '#', '&', '=', '/', ':', '%3F', '.', '<'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(part, fc.constantFrom('?', '&', '#'), part, (before, mark, after) => {
        const text = `/${before}?x=1${mark}access_token=s3cr3t&${after}`;
        expect(JSON.stringify(maskedJson({ value: text }))).not.toContain('s3cr3t');
      }),
    );
  });

  test('addresses within addresses cost no more than their length', () => {
    const texts = ['?a='.repeat(85), '#'.repeat(256), '?&'.repeat(128), 'a://'.repeat(64), `${'a'.repeat(252)}://`];
    const body = Buffer.from(
      JSON.stringify(Object.fromEntries(texts.map((text, index) => [`t${index}`, Array(80).fill(text)]))),
    );
    const startedAtMs = performance.now();
    expect(maskBody(body, 'application/json', 1_000_000)).not.toBeNull();
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });

  test('a long list is cut, and a deep one ends', () => {
    expect(maskedJson({ ids: Array.from({ length: 120 }, (_, index) => index) })).toEqual({
      ids: [...Array.from({ length: 100 }, (_, index) => index), '[20 more]'],
    });
    const deep = Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);
    expect(maskBody(deep, 'application/json', 100)?.toString()).toContain('***');
  });
});

test('of a form the same, and what stays is as it was written', () => {
  const form =
    'grant_type=urn%3Aietf%3Aparams&assertion=eyJh.eyJz.c2ln&scope=a%2Bb&user=ada%40example.com&client_secret=s&flag';
  expect(maskedForm(form)).toBe(
    'grant_type=urn%3Aietf%3Aparams&assertion=***&scope=a%2Bb&user=***&client_secret=***&flag',
  );
});

test('of anything else nothing is kept', () => {
  expect(maskBody(Buffer.from('%PDF-1.7'), 'application/pdf', 100)).toBeNull();
  expect(maskBody(Buffer.from('{"a":1}'), null, 100)).toBeNull();
  expect(maskBody(Buffer.from('<Invoice/>'), 'application/xml', 100)).toBeNull();
  expect(maskBody(Buffer.from('{"a":'), 'application/json', 100)).toBeNull();
  expect(maskBody(Buffer.from('password=x'), 'application/json', 100)).toBeNull();
  expect(maskBody(Buffer.alloc(2_000_000, 0x20), 'application/json', 100)).toBeNull();
});

test('what is kept is cut between two characters', () => {
  const kept = maskBody(Buffer.from('{"ä":"öö","b":"üü"}'), 'application/problem+json', 10);
  expect(kept?.toString('utf8')).toBe('{"ä":"ö');
});

test('planted secrets and people are in nothing that is kept, wherever they stand', () => {
  const secrets = ['s3cr3t-Value', 'Ada-Lovelace', 'ada.lovelace@example.com'] as const;
  const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 8 }));
  const around = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constant('PLANT'),
      fc.array(tie('tree')),
      fc.dictionary(fc.string({ maxLength: 6 }), fc.oneof(leaf, tie('tree'))),
    ),
  })).tree;
  fc.assert(
    fc.property(around, (tree) => {
      const planted: unknown = JSON.parse(
        JSON.stringify(tree).replaceAll('"PLANT"', () =>
          JSON.stringify({ access_token: secrets[0], fullName: secrets[1], x: secrets[2] }),
        ),
      );
      const text =
        maskBody(Buffer.from(JSON.stringify(planted)), 'application/json', 1_000_000)?.toString('utf8') ?? '';
      for (const secret of secrets) expect(text).not.toContain(secret);
    }),
  );
});

describe('of a path', () => {
  test('what tells calls apart stays', () => {
    const path =
      '/restapi/v2.1/accounts/1/envelopes/44c5ad6c-b8d1-4f0e-9f5f-0c1a2d3e4f50/documents?start_position=2&from_date=2026-01-01&flag';
    expect(maskPath(path)).toBe(path);
  });

  test('secrets and people do not', () => {
    expect(maskPath('/x?token=abc&api_key=1&email=a%40b.example&search=Ada+Lovelace&code=9&ada%40b.example')).toBe(
      '/x?token=***&api_key=***&email=***&search=[text of 12 characters]&code=***&***',
    );
    expect(maskPath('/users/ada%40example.com/x/ada@example.com')).toBe('/users/***/x/***');
  });

  test('it is cut to what the ledger takes, and nothing makes it throw', () => {
    expect(maskPath(`/${'a'.repeat(3_000)}`)).toHaveLength(2_000);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(maskPath(`/${text}?token=${text}`).length).toBeLessThanOrEqual(2_000);
      }),
    );
  });
});
