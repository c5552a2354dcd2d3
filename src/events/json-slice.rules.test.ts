import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sliceElements, sliceProperty } from './json-slice.rules.ts';

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const plainString = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text));
/** Strings as people write them: with escapes for what needs none, and with what looks like structure. */
const oddString = fc
  .array(
    fc.constantFrom(
      '\\"',
      '\\\\',
      '\\u007b',
      '\\u0022',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      'a',
      '\\n',
      '\\/',
      'é',
      '\\ud83d',
    ),
  )
  .map((parts) => `"${parts.join('')}"`);
const number = fc.oneof(
  fc.constantFrom('0', '-0', '1.10', '1e400', '-1.5E-7', '12345678901234567890.123456789012345678901234567890', '1.0'),
  fc.bigInt().map(String),
);
const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number,
    plainString,
    oddString,
    fc.constantFrom('true', 'false', 'null'),
    tie('object'),
    tie('array'),
  ),
  object: fc
    .array(fc.tuple(space, fc.oneof(plainString, oddString), space, space, tie('value'), space), { maxLength: 4 })
    .map((pairs) => `{${pairs.map(([a, key, b, c, text, d]) => `${a}${key}${b}:${c}${text}${d}`).join(',')}}`),
  array: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
    .map((items) => `[${items.map(([a, text, b]) => `${a}${text}${b}`).join(',')}]`),
}));

describe('a property', () => {
  test('is sliced as it was written, in any formatting, the last of a name when it is repeated', () => {
    const name = fc.oneof(
      fc.constantFrom('"payload"', '"pay\\u006coad"', '"type"', '"__proto__"', '""'),
      plainString,
      oddString,
    );
    const pairs = fc.array(fc.tuple(space, name, space, space, value, space), { maxLength: 8 });
    fc.assert(
      fc.property(space, pairs, space, (before, entries, after) => {
        const inner = entries.map(([a, key, b, c, text, d]) => `${a}${key}${b}:${c}${text}${d}`).join(',');
        const text = `${before}{${inner}}${after}`;
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const written = new Map(entries.map((entry) => [JSON.parse(entry[1]) as string, entry[4]]));
        for (const [key, source] of written) {
          expect(sliceProperty(text, key)).toBe(source);
          expect(JSON.parse(source)).toEqual(Object.getOwnPropertyDescriptor(parsed, key)?.value);
        }
        expect(sliceProperty(text, 'there is no such name')).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('keeps every digit of its numbers', () => {
    const text = '{"payload": {"amount": 0.10, "id": 9007199254740993, "big": 1e400} , "type":"a"}';
    expect(sliceProperty(text, 'payload')).toBe('{"amount": 0.10, "id": 9007199254740993, "big": 1e400}');
  });

  test('of an empty object is none', () => {
    expect(sliceProperty('{}', 'payload')).toBeNull();
    expect(sliceProperty(' { } ', 'payload')).toBeNull();
  });
});

describe('elements', () => {
  test('are sliced as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, value, space)), space, (items, gap) => {
        const array = `[${items.map(([a, text, b]) => `${a}${text}${b}`).join(',')}]`;
        const text = `{"x":1,${gap}"events"${gap}:${gap}${array}${gap}}`;
        JSON.parse(text);
        expect(sliceElements(text, 'events')).toEqual(items.map(([, source]) => source));
      }),
    );
  });

  test('of what is no array, or not there, are none', () => {
    expect(sliceElements('{"events": {"a": 1}}', 'events')).toEqual([]);
    expect(sliceElements('{"events": "[1]"}', 'events')).toEqual([]);
    expect(sliceElements('{"events": [ ]}', 'events')).toEqual([]);
    expect(sliceElements('{}', 'events')).toEqual([]);
  });
});
