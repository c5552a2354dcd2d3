import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutLongStrings } from './long-strings.rules.ts';

const longBytes = 8;
const cut = (json: string) => withoutLongStrings(Buffer.from(json), longBytes).toString();

/** What the cut text has to say, by the parsed value. */
function emptied(value: unknown): unknown {
  if (typeof value === 'string') return isCut(value) ? '' : value;
  if (Array.isArray(value)) return value.map(emptied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, emptied(inner)]));
}

const isCut = (text: string): boolean => Buffer.byteLength(text) > longBytes && !JSON.stringify(text).includes('\\');

describe('A JSON text without its long strings', () => {
  test('has empty ones in their place, and all else', () => {
    expect(cut('{"event":"done","pdf":"JVBERi0xLjQK","n":[1,"JVBERi0xLjQK"]}')).toBe(
      '{"event":"done","pdf":"","n":[1,""]}',
    );
  });

  test('is the same buffer when there are none', () => {
    const json = Buffer.from('{"event":"done"}');
    expect(withoutLongStrings(json, longBytes)).toBe(json);
  });

  test('keeps strings with escapes, whose quotes end nothing', () => {
    for (const json of [String.raw`{"a":"say \"longer\" words"}`, String.raw`{"a":"ends in one \\","b":"\\\""}`]) {
      expect(cut(json)).toBe(json);
    }
  });

  test('says what the whole text says, whatever is in it', () => {
    const short = fc.string({ maxLength: 6, unit: 'grapheme' });
    const text = fc.oneof(short, fc.string({ unit: 'binary' }), fc.base64String({ minLength: 12, maxLength: 64 }));
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(true, null),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(short, tie('json'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(json, fc.boolean(), (value, isSpaced) => {
        const whole = JSON.stringify(value, null, isSpaced ? 2 : 0);
        // Short names are never cut: `short` holds at most 6 signs, but they may take more bytes.
        fc.pre(!namesOf(value).some((name) => isCut(name)));
        expect(JSON.parse(cut(whole))).toEqual(JSON.parse(JSON.stringify(emptied(value))));
      }),
    );
  });

  test('of what is no JSON is never longer, and is refused where the text between its strings is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(withoutLongStrings(Buffer.from(bytes), longBytes).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
    for (const json of ['{"a":"JVBERi0xLjQK"', '{"a":"JVBERi0xLjQK', '{"a":"JVBERi0xLjQK"}}', '{a:"JVBERi0xLjQK"}']) {
      expect(() => JSON.parse(cut(json)) as unknown).toThrow(SyntaxError);
    }
  });

  test('takes one pass over quotes and escapes', () => {
    const many = Buffer.from(`"${'\\\\'.repeat(500_000)}" "${'\\"'.repeat(500_000)}`);
    expect(withoutLongStrings(many, longBytes)).toBe(many);
  });
});

function namesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(namesOf);
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesOf(inner)]);
}
