import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { showBody } from './shown-body.rules.ts';

describe('showing a body', () => {
  test('shows UTF-8 as text, a byte order mark included', () => {
    const bytes = Buffer.from('\uFEFFgrüß');
    expect(showBody(bytes, bytes.length, false)).toEqual({
      encoding: 'utf-8',
      content: '\uFEFFgrüß',
      sizeBytes: bytes.length,
      truncated: false,
    });
  });

  test('shows anything else in base64', () => {
    expect(showBody(Buffer.from([0xff, 0, 0x80]), 3, false)).toMatchObject({ encoding: 'base64', content: '/wCA' });
  });

  test('a character that the cut split does not make the rest binary', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, seed) => {
        const bytes = Buffer.from(text);
        const start = bytes.subarray(0, seed % (bytes.length + 1));
        const shown = showBody(start, bytes.length, true);
        expect(shown.encoding).toBe('utf-8');
        expect(text.startsWith(shown.content)).toBe(true);
      }),
    );
  });

  test('binary bytes stay binary when they are cut', () => {
    expect(showBody(Buffer.from([0xff, 0xfe, 0xc3]), 100, true).encoding).toBe('base64');
  });
});
