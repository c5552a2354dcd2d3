import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headerValue, readRecordedHeaders, recordHeaders } from './recorded-headers.rules.ts';

const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));

test('headers are read back as they were recorded, in order, repeated ones too', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
      const read = readRecordedHeaders(recordHeaders(pairs.flat()));
      expect(read).toEqual(pairs.map(([header, text]) => ({ name: header, value: text })));
    }),
  );
});

test('masked headers keep their name and lose their value', () => {
  const recorded = recordHeaders(['authorization', 'Bearer x', 'a', 'b: c'], new Set(['authorization']));
  expect(recorded).toBe('authorization: ***\na: b: c');
  expect(readRecordedHeaders(recorded)).toEqual([
    { name: 'authorization', value: '***' },
    { name: 'a', value: 'b: c' },
  ]);
  expect(recordHeaders([])).toBe('');
  expect(readRecordedHeaders('')).toEqual([]);
});

test('a header is found whatever its case, the first one first', () => {
  expect(headerValue(['X', '1', 'Retry-After', '5', 'retry-after', '6'], 'retry-after')).toBe('5');
  expect(headerValue(['x', 'retry-after'], 'retry-after')).toBeNull();
});
