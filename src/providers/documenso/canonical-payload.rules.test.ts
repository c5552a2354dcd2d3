import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalText } from './canonical-payload.rules.ts';

/** Texts of the characters that the canonical form itself is made of. */
const syntax = fc.string({ unit: fc.constantFrom(...'"#{}[]:,0123tfn'.split('')), maxLength: 6 });
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, 12, 1.5, -3, '', 'n', '1', 'a'),
    syntax,
    fc.string({ unit: 'binary' }),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(syntax, fc.constantFrom('id', 'name', '10', '__proto__', 'constructor')), tie('json'), {
      maxKeys: 5,
    }),
  ),
}));
/** As it is after the wire: without negative zero, and with own properties only. */
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The same value with the keys of every object in another order. */
function reordered(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => reordered(element, order));
  const object = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(object)).map((key) => [key, reordered(object[key], order)]));
}
/** What a hash sees of it. */
const bytesOf = (value: unknown): Buffer => Buffer.from(canonicalText(value) ?? '');

describe('the canonical text of a payload', () => {
  test('is the same in any order of keys', () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.nat()), (value, numbers) => {
        const shuffle = (keys: string[]): string[] =>
          keys
            .map((key) => ({ key, rank: numbers.next().value }))
            .sort((one, other) => one.rank - other.rank)
            .map(({ key }) => key);
        expect(canonicalText(reordered(wire(value), shuffle))).toBe(canonicalText(wire(value)));
        expect(canonicalText(reordered(wire(value), (keys) => keys.toReversed()))).toBe(canonicalText(wire(value)));
      }),
      { numRuns: 500 },
    );
  });

  test('is the same for two values only if they are equal', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const equal = isDeepStrictEqual(wire(one), wire(other));
        expect(canonicalText(wire(one)) === canonicalText(wire(other))).toBe(equal);
      }),
      { numRuns: 3_000 },
    );
  });

  test('is another one after any one change, and survives the way into a hash', () => {
    const changes = fc.constantFrom<(text: string) => string>(
      (text) => `${text}x`,
      (text) => text.slice(1),
      (text) => `${text}\ud800`,
      (text) => `${text}\udbff`,
      (text) => text.toUpperCase(),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), changes, json, (text, change, rest) => {
        fc.pre(change(text) !== text);
        const pairs = [text, change(text)].map((each) => [
          { rest, deep: [{ each }] },
          { rest, [each]: 1 },
        ]);
        const [before = [], after = []] = pairs;
        for (const [index, value] of before.entries())
          expect(bytesOf(wire(after[index]))).not.toEqual(bytesOf(wire(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['halves of surrogate pairs', '"\\ud800"', '"\\ud801"'],
    ['a half and its replacement', '"\\ud800"', '"\ufffd"'],
    ['a half, and the text that tells of it', '"\\ud800"', String.raw`"\"\\\"1:\\ud800\""`],
    ['null and an absent key', '{"a":null}', '{}'],
    ['null and its name', 'null', '"null"'],
    ['a number and its digits', '1', '"1"'],
    ['an empty array and an empty object', '[]', '{}'],
    ['an array and an object with its indices', '["a"]', '{"0":"a"}'],
    ['one nested element and two', '[[1],[2]]', '[[1,2]]'],
    ['another order of elements', '[1,2]', '[2,1]'],
    ['a key and its value', '{"a":"b"}', '{"b":"a"}'],
    ['__proto__ and nothing', '{"__proto__":{"a":1}}', '{}'],
    ['a text with the beginning of another one in it', '["a","b"]', String.raw`["a\"b"]`],
    ['a number before a key of eleven letters', '{"a":1,"bt3:ccct1:d":true}', '{"a":11,"b":true,"ccc":true,"d":true}'],
    ['keys that run into one another', '{"a":1,"b":2}', '{"a":1,"b2":2}'],
  ])('tells %s apart, on its way into a hash too', (_about, one, other) => {
    expect(bytesOf(JSON.parse(one))).not.toEqual(bytesOf(JSON.parse(other)));
  });

  test.each([
    ['spellings of a number', '[1.0,1e2,-0]', '[1,100,0]'],
    ['spellings of a text', String.raw`"\u0061\/"`, '"a/"'],
    ['white space', '{ "a" : [ 1 ] }', '{"a":[1]}'],
  ])('is the same for %s', (_about, one, other) => {
    expect(canonicalText(JSON.parse(one))).toBe(canonicalText(JSON.parse(other)));
  });

  test('stays right when far more kinds of objects come than are remembered', () => {
    const objects = Array.from({ length: 2_000 }, (_, index) => ({ [`z${index}`]: 1, same: 2, [`a${index}`]: 3 }));
    const texts = new Set<string | null>();
    for (const object of objects) {
      const text = canonicalText(object);
      expect(canonicalText(reordered(object, (keys) => keys.toReversed()))).toBe(text);
      texts.add(text);
    }
    expect(texts.size).toBe(objects.length);
  });

  test('is right for an object whose keys are too long to be remembered', () => {
    const [one, other] = ['x'.repeat(5_000), 'y'.repeat(5_000)];
    expect(canonicalText({ [one]: 1, [other]: 2 })).toBe(canonicalText({ [other]: 2, [one]: 1 }));
    expect(canonicalText({ [one]: 1, [other]: 2 })).not.toBe(canonicalText({ [one]: 2, [other]: 1 }));
  });

  test('is null for what is nested too deeply to be walked, and nothing overflows', () => {
    const nested = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`);
    expect(canonicalText(nested(200))).toMatch(/^\{1:a\[/);
    expect(canonicalText(nested(202))).toBeNull();
    expect(canonicalText(nested(1_000_000))).toBeNull();
  });
});
