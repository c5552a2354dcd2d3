import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Credential, InboundRequest } from './provider-profile.ts';
import {
  checkTolerance,
  dedupeKeyOf,
  eventTypeName,
  findBasic,
  findSigner,
  hmacOf,
  jsonOf,
  keyText,
  maskTexts,
  ofKind,
  oneHeader,
  parseBase64,
  parseHex,
  parseUnixSeconds,
  repeatsName,
  sameDigest,
  sameSecret,
  secretProblem,
  textAt,
} from './signature.rules.ts';

const text = fc.string({ unit: 'binary' });

function withHeader(name: string, values: readonly string[]): InboundRequest {
  return { method: 'POST', headers: new Map([[name, values]]), query: new URLSearchParams(), body: Buffer.alloc(0) };
}

function credential(name: string, value: string, kind = 'secret'): Credential {
  return { name, kind, value };
}

describe('oneHeader', () => {
  test('gives the one value', () => {
    expect(oneHeader(withHeader('x-signature', ['abc']), 'x-signature')).toBe('abc');
  });

  test.each([
    ['is not there', [], 'signature_missing'],
    ['is empty', [''], 'signature_missing'],
    ['comes twice', ['abc', 'abc'], 'signature_repeated'],
    ['comes twice, one of them empty', ['abc', ''], 'signature_repeated'],
    ['is endless', ['a'.repeat(8_193)], 'signature_malformed'],
  ])('refuses a header that %s', (_how, values, reason) => {
    const verdict = oneHeader(withHeader('x-signature', values), 'x-signature');
    expect(verdict).toMatchObject({ verified: false, reason });
    expect(JSON.stringify(verdict)).not.toContain('abc');
  });

  test('names the reason it was asked to when nothing is there', () => {
    const verdict = oneHeader(withHeader('other', ['1']), 'x-timestamp', 'timestamp_missing');
    expect(verdict).toMatchObject({ reason: 'timestamp_missing' });
  });
});

describe('hex', () => {
  test('is read in either case and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        expect(parseHex(hex, 32)).toEqual(Buffer.from(bytes));
        expect(parseHex(hex.toUpperCase(), 32)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each(['', '0', '00000', '0g00', '00 00', ' 000', '0x00', '00\u0000\u0000', '٠٠٠٠'])(
    '%j is not two bytes',
    (hex) => {
      expect(parseHex(hex, 2)).toBeNull();
    },
  );
});

describe('base64', () => {
  test('is read in its one spelling and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(parseBase64(Buffer.from(bytes).toString('base64'), 32)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each([
    ['without padding', 'AAA'],
    ['with bits after the end', 'AAB='],
    ['with white space', 'AAA=\n'],
    ['of the URL alphabet', '__8='],
    ['with too much padding', 'AAA=='],
    ['of another length', 'AAAA'],
    ['empty', ''],
  ])('%s is refused', (_how, base64) => {
    expect(parseBase64(base64, 2)).toBeNull();
  });
});

test('digests and secrets are the same when every byte is, and of one length', () => {
  expect(sameDigest(Buffer.from('abc'), Buffer.from('abc'))).toBe(true);
  expect(sameDigest(Buffer.from('abc'), Buffer.from('abcd'))).toBe(false);
  expect(sameDigest(Buffer.from('abc'), Buffer.from('abd'))).toBe(false);
  expect(sameSecret('abc', 'abc')).toBe(true);
  expect(sameSecret('abc', 'abcd')).toBe(false);
  expect(sameSecret('', 'a')).toBe(false);
});

test('an HMAC over parts is the HMAC over them one after the other', () => {
  const expected = createHmac('sha256', 'key').update('a.b').digest();
  expect(hmacOf('sha256', 'key', 'a', Buffer.from('.'), 'b')).toEqual(expected);
});

describe('findSigner', () => {
  const first = credential('first', 'one');
  const second = credential('second', 'two');
  const digestOf = ({ value }: Credential): Buffer => hmacOf('sha256', value, 'body');

  test('finds whose digest is among those given, the first of several', () => {
    expect(findSigner([first, second], [Buffer.alloc(32), digestOf(second)], digestOf)).toBe(second);
    expect(findSigner([first, second], [digestOf(second), digestOf(first)], digestOf)).toBe(first);
  });

  test('finds none where nothing fits or nothing is given', () => {
    expect(findSigner([first], [digestOf(second)], digestOf)).toBeNull();
    expect(findSigner([first], [], digestOf)).toBeNull();
    expect(findSigner([], [digestOf(first)], digestOf)).toBeNull();
  });
});

test('ofKind takes credentials of one kind alone', () => {
  const basic = credential('b', 'u:p', 'basic');
  expect(ofKind([credential('a', 'x'), basic], 'basic')).toEqual([basic]);
});

describe('secretProblem', () => {
  test.each([
    ['white space around it', ' 12345678', /white space/],
    ['a line break at its end', '12345678\n', /white space/],
    ['letters that no keyboard agrees on', 'pässwörd', /printable ASCII/],
    ['too few characters', '1234567', /8 to 256.*has 7/],
    ['no characters', '', /8 to 256/],
    ['too many characters', 'a'.repeat(257), /8 to 256/],
  ])('refuses a secret with %s and quotes none of it', (_what, value, message) => {
    const problem = secretProblem(value) ?? '';
    expect(problem).toMatch(message);
    expect(value.trim() !== '' && problem.includes(value.trim())).toBe(false);
  });

  test('takes any printable text of a fair length', () => {
    expect(['12345678', 'a b c d e', '~'.repeat(256)].map((value) => secretProblem(value))).toEqual([null, null, null]);
    expect(secretProblem('abc', 3)).toBeNull();
  });
});

describe('timestamps', () => {
  test.each([
    ['0', 0],
    ['1669926463', 1_669_926_463],
    ['999999999999', 999_999_999_999],
  ])('%s is read', (digits, seconds) => {
    expect(parseUnixSeconds(digits)).toBe(seconds);
  });

  test.each(['', '-1', '+1', '1.5', '1e9', ' 1', '1\n', '0x1', '1000000000000', '١'])('%j is none', (digits) => {
    expect(parseUnixSeconds(digits)).toBeNull();
  });

  test('are taken up to the tolerance in either direction, and no further', () => {
    const nowMs = 1_000_000_000_000;
    for (const away of [-300, 0, 300]) expect(checkTolerance(1_000_000_000 + away, nowMs, 300)).toBeNull();
    expect(checkTolerance(1_000_000_000 - 301, nowMs, 300)).toMatchObject({
      reason: 'timestamp_outside_tolerance',
      detail: 'It is 301 s old; 300 s are allowed.',
    });
    expect(checkTolerance(1_000_000_000 + 301, nowMs, 300)).toMatchObject({
      detail: 'It is 301 s in the future; 300 s are allowed.',
    });
  });
});

describe('findBasic', () => {
  const known = [credential('a', 'user:password'), credential('b', 'other:pass:word')];
  const ask = (value: string): ReturnType<typeof findBasic> => findBasic(withHeader('authorization', [value]), known);
  const encode = (value: string): string => Buffer.from(value).toString('base64');

  test('finds who has the user and password, in whatever case Basic is written', () => {
    expect(ask(`Basic ${encode('user:password')}`)).toBe(known[0]);
    expect(ask(`bAsIc ${encode('other:pass:word')}`)).toBe(known[1]);
  });

  test.each([
    ['another password', `Basic ${encode('user:Password')}`, 'signature_mismatch'],
    ['another scheme', `Bearer ${encode('user:password')}`, 'signature_malformed'],
    ['no base64', 'Basic user:password', 'signature_malformed'],
    ['nothing', '', 'signature_missing'],
  ])('refuses %s', (_what, value, reason) => {
    expect(ask(value)).toMatchObject({ verified: false, reason });
  });
});

describe('dedupeKeyOf', () => {
  test('is 43 characters, the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        expect(dedupeKeyOf(...parts)).toMatch(/^[\w-]{43}$/);
        expect(dedupeKeyOf(...parts)).toBe(dedupeKeyOf(...parts.map((part) => Buffer.from(part))));
      }),
    );
  });

  test('parts cannot run into one another, however they are cut', () => {
    const parts = fc.array(fc.constantFrom('', '1', ':', '1:', '2:', 'a', '0:'), { maxLength: 6 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(dedupeKeyOf(...one) === dedupeKeyOf(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 1_000 },
    );
    expect(dedupeKeyOf('ab', 'c')).not.toBe(dedupeKeyOf('a', 'bc'));
    expect(dedupeKeyOf('a')).not.toBe(dedupeKeyOf('a', ''));
  });
});

describe('textAt', () => {
  const value: unknown = JSON.parse(
    '{"a": {"b": "text", "n": 5, "t": true, "e": "", "z": null, "l": ["x"]}, "__proto__": {"c": "d"}}',
  );

  test.each([
    [['a', 'b'], 'text'],
    [['a', 'n'], '5'],
    [['a', 't'], 'true'],
    [['a', 'e'], null],
    [['a', 'z'], null],
    [['a', 'l'], null],
    [['a', 'l', '0'], 'x'],
    [['a'], null],
    [['a', 'b', 'length'], null],
    [['a', 'l', 'length'], '1'],
    [['a', 'constructor', 'name'], null],
    [['toString'], null],
    [['__proto__', 'c'], 'd'],
    [['nothing', 'here'], null],
  ] as [string[], string | null][])('at %j is %j', (path, expected) => {
    expect(textAt(value, ...path)).toBe(expected);
  });
});

test('jsonOf is undefined for what is no JSON', () => {
  expect(jsonOf(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  for (const body of ['', '{', 'undefined', '\ufeff{}', "{'a':1}"]) expect(jsonOf(Buffer.from(body))).toBeUndefined();
});

describe('eventTypeName', () => {
  test.each([
    ['envelope-completed', 'envelope-completed'],
    ['DOCUMENT_COMPLETED', 'DOCUMENT_COMPLETED'],
    ['orders/create', 'orders.create'],
    ['a  b/\u0000c', 'a.b.c'],
    ['...hidden', 'hidden'],
    ['ünïcode', 'n.code'],
    ['', 'acme.unrecognised'],
    [null, 'acme.unrecognised'],
    ['日本', 'acme.unrecognised'],
    ['posthorn.endpoint.disabled', 'acme.posthorn.endpoint.disabled'],
    ['POSTHORN.x', 'acme.POSTHORN.x'],
    ['.posthorn.x', 'acme.posthorn.x'],
    ['posthorn/x', 'acme.posthorn.x'],
    ['posthorns', 'posthorns'],
  ])('of %j is %s', (given, name) => {
    expect(eventTypeName('acme', given)).toBe(name);
  });

  test("is a valid name that never passes for one of Posthorn's own, whatever is given", () => {
    const given = fc.oneof(
      text,
      text.map((rest) => `posthorn.${rest}`),
      fc.string({ minLength: 100, maxLength: 400 }),
    );
    fc.assert(
      fc.property(given, (value) => {
        const name = eventTypeName('acme', value);
        expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/);
        expect(name).not.toMatch(/^posthorn\./i);
      }),
      { numRuns: 500 },
    );
  });
});

describe('keyText', () => {
  test('keeps a plain text, and nothing', () => {
    expect(keyText('envelope 1 – ä')).toBe('envelope 1 – ä');
    expect(keyText(null)).toBeNull();
  });

  test.each([
    ['a long one', 'a'.repeat(201)],
    ['one with a line break', 'a\nb'],
    ['one with a control character of Latin-1', 'a\u0085b'],
    ['one with half a character', 'a\ud800'],
  ])('%s becomes its hash', (_which, given) => {
    expect(keyText(given)).toBe(dedupeKeyOf(given));
  });
});

describe('repeatsName', () => {
  test.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"a" : 1, "b": 2, "a"\n:3}', true],
    ['{"e":{"a":1,"a":2}}', true],
    ['[{"a":1,"a":2}]', true],
    ['{"a":{"a":1},"b":{"a":2}}', false],
    ['{"a":"b\\":","b":"a"}', false],
    ['{"a":"\\\\","b":1}', false],
    ['{"__proto__":1,"constructor":2}', false],
    ['["a","a"]', false],
    ['{"x":{"y":{"a":1,"a":2}}}', false],
    ['"a"', false],
  ])('of %s in two levels is %s', (json, expected) => {
    expect(repeatsName(json, 2)).toBe(expected);
  });

  test('is false for whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        expect(repeatsName(json, 100)).toBe(false);
      }),
    );
  });

  test('takes a deep and a long text in its stride', () => {
    const deep = 200_000;
    expect(repeatsName(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`, 2)).toBe(false);
    expect(repeatsName(`{"a":"${'\\\\'.repeat(1_000_000)}"}`, 2)).toBe(false);
  });
});

describe('maskTexts', () => {
  const masked = (body: string): string | undefined => maskTexts(Buffer.from(body), 'token')?.toString();

  test.each([
    ['{"token":"secret","a":"token"}', '{"token":"***","a":"token"}'],
    ['{"token" :\n "se\\"cret","b":[{"token":"x"}]}', '{"token" :\n "***","b":[{"token":"***"}]}'],
    [
      '--b\r\nname="json"\r\n\r\n{"ä":"ö","token":"é"}\r\n--b',
      '--b\r\nname="json"\r\n\r\n{"ä":"ö","token":"***"}\r\n--b',
    ],
    ['{"token":"cut off', '{"token":"***'],
    ['{"token":"', '{"token":"***'],
  ])('of %j is %j', (body, expected) => {
    expect(masked(body)).toBe(expected);
  });

  test('is null when there is nothing to mask', () => {
    for (const body of ['', '{}', '{"token":null}', '{"tokens":"x"}', '"token"']) expect(masked(body)).toBeUndefined();
  });
});
