import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeOfJsonError } from './json-error.rules.ts';

test.each([
  ['', 'line 1 column 1'],
  ['{', 'line 1 column 2'],
  ['{"a": [1, 2,]}', 'line 1 column 13'],
  ['{\n  "a": 1\n  "b": 2\n}', 'line 3 column 3'],
  ['{"a": tru}', 'line 1 column 7'],
  ['{"a": 1} x', 'line 1 column 10'],
  ['{"a": 01}', 'line 1 column 7'],
  ['["a\n"]', 'line 1 column 2'],
  ["{'a': 1}", 'line 1 column 2'],
  ['[1}', 'line 1 column 3'],
])('%j stops being JSON at %s', (text, place) => {
  expect(placeOfJsonError(text)).toBe(place);
});

test('there is a place exactly where the platform refuses the text', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u00e9"',
    '"\\x"',
    '1',
    '-0.5e+3',
    '-',
    'null',
    ' ',
    '\n',
    'x',
  );
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 }))
    .map(([json, at, more]) => json.slice(0, at % (json.length + 1)) + more + json.slice(at % (json.length + 1)));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces).map((all) => all.join('')),
        fc.json(),
        damaged,
      ),
      (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(placeOfJsonError(text) === null).toBe(isJson);
      },
    ),
    { numRuns: 5000 },
  );
});
