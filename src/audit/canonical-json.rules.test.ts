import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json, toJson } from './canonical-json.rules.ts';

describe('canonical JSON', () => {
  test('is what RFC 8785 gives as its example of sorting and numbers', () => {
    // Sections 3.2.2 and 3.2.3 of the RFC.
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`) as Json;
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    const names = JSON.parse(String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }`) as Json;
    const order = [...canonicalJson(names).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  test('is the same for every order of members, and can be read again', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), (made) => {
        const value = toJson(made);
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  test('refuses what is no JSON, and half a surrogate pair, which toJson replaces', () => {
    for (const value of [Number.NaN, Infinity, undefined, '\ud800']) {
      expect(() => canonicalJson(value as Json)).toThrow(TypeError);
      expect(() => canonicalJson(toJson(value))).not.toThrow();
    }
    expect(toJson({ at: new Date(0), gone: undefined, text: '\ud800' })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      text: '�',
    });
  });
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return (value as Json[]).map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
