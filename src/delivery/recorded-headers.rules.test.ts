import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  headerValue,
  readRecordedHeaders,
  readRecordedRequest,
  recordHead,
  recordHeaders,
} from './recorded-headers.rules.ts';

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

test('a request is read back with its URL and the headers of the HTTP client, but without a user and a password', () => {
  const recorded = `${recordHead('https://ann:secret@a.example:8443/x?k=%20v#part', 'Posthorn/1.2.3')}a: b`;
  expect(recorded).not.toMatch(/ann|secret/);
  expect(readRecordedRequest(recorded, 12)).toEqual({
    url: 'https://a.example:8443/x?k=%20v',
    headers: [
      { name: 'host', value: 'a.example:8443' },
      { name: 'connection', value: 'keep-alive' },
      { name: 'user-agent', value: 'Posthorn/1.2.3' },
      { name: 'a', value: 'b' },
      { name: 'content-length', value: '12' },
    ],
  });
  const names = (text: string, bytes: number | null) =>
    readRecordedRequest(text, bytes).headers.map(({ name }) => name);
  expect(names(recorded, null)).not.toContain('content-length');
  expect(names(`${recorded}\ncontent-length: 99`, 12).filter((name) => name === 'content-length')).toHaveLength(1);
});

test('what was recorded without a URL has none, and nothing is made up for it', () => {
  expect(readRecordedRequest('a: b', 12)).toEqual({ url: null, headers: [{ name: 'a', value: 'b' }] });
  expect(readRecordedRequest('', 12)).toEqual({ url: null, headers: [] });
  expect(recordHead('no url', 'x')).toBe('');
});

test('a header is found whatever its case, the first one first', () => {
  expect(headerValue(['X', '1', 'Retry-After', '5', 'retry-after', '6'], 'retry-after')).toBe('5');
  expect(headerValue(['x', 'retry-after'], 'retry-after')).toBeNull();
});
