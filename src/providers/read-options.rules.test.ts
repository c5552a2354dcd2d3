import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OptionSpec } from './provider-profile.ts';
import { optionProblem, readOptions } from './read-options.rules.ts';

const specs = {
  header: {
    kind: 'text',
    description: 'A header',
    default: 'x-signature',
    pattern: '^[a-z-]+$',
    maxLength: 20,
    examples: ['x-signature'],
  },
  algorithm: { kind: 'choice', description: 'A hash', default: 'sha256', choices: ['sha1', 'sha256'] },
  toleranceSeconds: { kind: 'whole', description: 'Some time', default: 300, minimum: 1, maximum: 86_400 },
  strict: { kind: 'flag', description: 'A switch', default: true },
} as const satisfies Record<string, OptionSpec>;
const defaults = { header: 'x-signature', algorithm: 'sha256', toleranceSeconds: 300, strict: true };

describe('readOptions', () => {
  test('fills in what was left out', () => {
    for (const input of [undefined, {}]) {
      expect(readOptions(specs, input, '/options')).toEqual({ ok: true, options: defaults, problems: [] });
    }
  });

  test('takes what fits, falsehood and zero too', () => {
    const given = { header: 'x-mine', algorithm: 'sha1', toleranceSeconds: 1, strict: false };
    expect(readOptions(specs, given, '/options')).toEqual({ ok: true, options: given, problems: [] });
  });

  test('tells every problem at once, each with its place, and keeps the defaults for these', () => {
    const given = { header: 'X_1', algorithm: 'sha255', toleranceSeconds: 1.5, strict: 'yes', toleranceSecond: 5 };
    expect(readOptions(specs, given, '/options')).toEqual({
      ok: false,
      options: defaults,
      problems: [
        { pointer: '/options/header', message: 'must match ^[a-z-]+$, such as x-signature' },
        { pointer: '/options/algorithm', message: 'must be one of sha1, sha256: did you mean sha256?' },
        { pointer: '/options/toleranceSeconds', message: 'must be a whole number from 1 to 86400' },
        { pointer: '/options/strict', message: 'must be true or false, not a string' },
        {
          pointer: '/options/toleranceSecond',
          message: 'is no option of this provider: did you mean toleranceSeconds?',
        },
      ],
    });
  });

  test('names what there is when nothing comes close', () => {
    expect(readOptions(specs, { 'a/b~': 1 }, '/options').problems).toEqual([
      {
        pointer: '/options/a~1b~0',
        message: 'is no option of this provider: it has header, algorithm, toleranceSeconds, strict',
      },
    ]);
    expect(readOptions({}, { any: 1 }, '').problems).toEqual([
      { pointer: '/any', message: 'is no option of this provider: it has none' },
    ]);
  });

  test.each([[null], [[]], ['text'], [5]])('refuses %j in place of an object', (input) => {
    const read = readOptions(specs, input, '/options');
    expect(read).toMatchObject({ ok: false, options: defaults, problems: [{ pointer: '/options' }] });
  });

  test('does not take what every object inherits for an option', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const read = readOptions(specs, JSON.parse(`{"${name}": {"strict": false}}`), '/options');
      expect(read).toMatchObject({ ok: false, options: defaults });
      expect(read.problems).toHaveLength(1);
    }
  });

  test('never throws, and gives options that fit their specs whatever it is given', () => {
    const value = fc.oneof(fc.anything(), fc.constantFrom('x-mine', 'sha1', 5, 86_401, true));
    const name = fc.oneof(fc.constantFrom(...Object.keys(specs)), fc.string());
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(name, value), fc.anything()), (input) => {
        const { ok, options, problems } = readOptions(specs, input, '');
        expect(ok).toBe(problems.length === 0);
        expect(Object.keys(options)).toEqual(Object.keys(specs));
        for (const [option, spec] of Object.entries(specs)) expect(optionProblem(spec, options[option])).toBeNull();
      }),
    );
  });
});

describe('optionProblem', () => {
  const { header, toleranceSeconds } = specs;

  test.each([
    ['a text that is too long', header, 'a'.repeat(21), 'must be at most 20 characters long; it has 21'],
    ['no text', header, null, 'must be a text, not null'],
    ['a line break', { ...header, pattern: '' }, 'a\nb', 'must be without line breaks and other control characters'],
    [
      'half a character',
      { ...header, pattern: '' },
      '\ud800',
      'must be without line breaks and other control characters',
    ],
    ['a number below the least', toleranceSeconds, 0, 'must be a whole number from 1 to 86400'],
    ['a number above the most', toleranceSeconds, 86_401, 'must be a whole number from 1 to 86400'],
    ['no number', toleranceSeconds, '5', 'must be a whole number from 1 to 86400'],
    ['not a number', toleranceSeconds, Number.NaN, 'must be a whole number from 1 to 86400'],
  ] as [string, OptionSpec, unknown, string][])('refuses %s', (_name, spec, value, message) => {
    expect(optionProblem(spec, value)).toBe(message);
  });

  test('takes the ends of a range', () => {
    expect([1, 86_400].map((value) => optionProblem(toleranceSeconds, value))).toEqual([null, null]);
  });
});
