import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSignatures } from './find-signatures.rules.ts';

const dictionary = '<< /Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 5] /Contents <00ff> >>';
const objectOf = (content: string, id = 1): string => `${id} 0 obj\n${content}\nendobj\n`;
const find = (text: string) => findSignatures(Buffer.from(text, 'latin1'));
const unreadable = { byteRange: null, contents: null, subFilter: null };

describe('findSignatures', () => {
  it('finds a dictionary with its range, the place of its contents and its form', () => {
    const text = `%PDF-1.7\n${objectOf(dictionary)}`;
    const from = text.indexOf('<00ff>');
    expect(find(text).found).toEqual([
      { byteRange: [0, 10, 20, 5], contents: { from, to: from + 6 }, subFilter: 'adbe.pkcs7.detached' },
    ]);
  });

  it.each([
    ['its contents come first', '<< /Contents <00ff> /ByteRange [0 10 20 5] /SubFilter /x >>'],
    ['nothing stands between', '<</SubFilter/x/ByteRange[0 10 20 5]/Contents<00ff>>>'],
    [
      'texts and comments say other things',
      '<< /SubFilter/x /Reason (\\) 1 /ByteRange (an obj)) % >> \n /ByteRange[0 10 20 5] /Contents <00ff> >>',
    ],
    [
      'it stands in its field',
      '<< /FT /Sig /Kids [7 0 R] /V << /SubFilter /x /ByteRange [0 10 20 5] /Contents <00ff> >> >>',
    ],
    [
      'values are references and numbers',
      '<< /P 5 0 R /Size -1.5 /SubFilter /x /R null /ByteRange [0 10 20 5] /Contents <00ff> >>',
    ],
  ])('finds one when %s', (_how, content) => {
    const { found } = find(objectOf(content));
    expect(found).toMatchObject([{ byteRange: [0, 10, 20, 5], subFilter: 'x' }]);
    expect(found[0]?.contents).not.toBeNull();
  });

  it('finds those of all revisions in the order of the file', () => {
    const { found } = find(objectOf(dictionary) + objectOf(dictionary.replace('[0 10', '[0 11'), 2));
    expect(found.map(({ byteRange }) => byteRange?.[1])).toEqual([10, 11]);
  });

  it.each([
    ['a stream', objectOf(`<< /Length 200 >>\nstream\n${objectOf(dictionary)}\nendstream`)],
    [
      'a stream with another PDF and its streams inside',
      objectOf(streamWith(objectOf('<< >>\nstream\nx\nendstream') + objectOf(dictionary))),
    ],
    ['a text', objectOf(`<< /Title (${dictionary}) >>`)],
    ['a comment', `%${dictionary}\n`],
    ['a longer name', objectOf('<< /ByteRangeOf [0 1 2 3] >>')],
    ['an object that has ended', `${objectOf('<< >>')}${dictionary}`],
  ])('finds none in %s', (_where, text) => {
    expect(find(text).found).toEqual([]);
  });

  it.each([
    ['its range twice', '<< /ByteRange [0 1 2 3] /ByteRange [0 1 2 3] /Contents <00> >>', { byteRange: null }],
    ['its contents twice', '<< /ByteRange [0 1 2 3] /Contents <00> /Contents <00> >>', { contents: null }],
    ['a range elsewhere', '<< /ByteRange 5 0 R /Contents <00> >>', { byteRange: null }],
    ['a range that is not filled in', '<< /ByteRange [0 /*** /*** /***] /Contents <00> >>', { byteRange: null }],
    ['a range with a negative number', '<< /ByteRange [0 1 2 -3] /Contents <00> >>', { byteRange: null }],
    ['contents that are a text', '<< /ByteRange [0 1 2 3] /Contents (00) >>', { contents: null }],
  ])('takes nothing from one that has %s', (_what, content, taken) => {
    expect(find(objectOf(content)).found).toMatchObject([taken]);
  });

  it.each([
    ['is cut off', `1 0 obj\n${dictionary.slice(0, -12)}`],
    ['never closes', `1 0 obj\n${dictionary.slice(0, -2)}\nendobj\n`],
    ['lies too deep', objectOf(`${'<< /A '.repeat(40)}${dictionary}${' >>'.repeat(40)}`)],
    ['stands behind too much', objectOf(`<< /Reason (${'x'.repeat(80_000)}) ${dictionary.slice(2)}`)],
  ])('says that one cannot be read when it %s', (_how, text) => {
    expect(find(text).found).toContainEqual(unreadable);
  });

  it('ends for any bytes, with work in proportion to them', () => {
    const pieces = [
      '1 0 obj',
      'endobj',
      'stream\n',
      'endstream',
      '/ByteRange',
      '/Contents',
      '<<',
      '>>',
      '[',
      ']',
      '<',
      '>',
      '(',
    ];
    const piece = fc.oneof(fc.constantFrom(...pieces, ')', '0 1 2 3', '/Length 9', '\\', '%', '\n', ' '), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 300 }), (parts) => {
        const text = parts.join(' ');
        expect(find(text).steps).toBeLessThanOrEqual(4 * text.length + 64);
      }),
      { numRuns: 500 },
    );
  });

  const size = 50_000_000;
  it.each([
    ['nothing', '\0'],
    ['streams that never end', 'stream\n'],
    ['streams', 'stream\nendstream\n'],
    ['keys', '/ByteRange '],
    ['objects with keys', '1 0 obj /ByteRange '],
    ['objects that end', '1 0 obj << /ByteRange [0 1 2 3] >> endobj '],
    ['openings', '1 0 obj << /ByteRange [ '],
    ['texts', '1 0 obj ( /ByteRange '],
    ['hexadecimal strings that never end', '1 0 obj /ByteRange < '],
    ['ends of objects', 'endobj /ByteRange obj '],
  ])('goes through 50 MB of %s in bounded work', (_what, pattern) => {
    const bytes = Buffer.alloc(size, pattern);
    bytes.write(objectOf(dictionary), size - 200, 'latin1');
    const { steps, found } = findSignatures(bytes);
    expect(steps).toBeLessThan(8_000_000);
    expect(found.length).toBeLessThanOrEqual(64);
  });
});

function streamWith(content: string): string {
  return `<< /Type /EmbeddedFile /Length ${content.length} >>\nstream\n${content}\nendstream`;
}
