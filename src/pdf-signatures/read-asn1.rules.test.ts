import { fromBER } from 'asn1js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asn1Node } from './asn1-node.ts';
import { readAsn1 } from './read-asn1.rules.ts';

type Tree = { tag: number; value: Buffer | Tree[]; open: boolean };

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; inner: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('inner')),
  leaf: fc.record({
    tag: fc.constantFrom(0x04, 0x80, 0x9e),
    value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    open: fc.constant(false),
  }),
  inner: fc.record({
    tag: fc.constantFrom(0x30, 0x31, 0xa0, 0xa3),
    value: fc.array(tie('tree'), { maxLength: 5 }),
    open: fc.boolean(),
  }),
}));

function encode({ tag, value, open }: Tree): Buffer {
  const content = Array.isArray(value) ? Buffer.concat(value.map(encode)) : value;
  if (open) return Buffer.concat([Buffer.from([tag, 0x80]), content, Buffer.alloc(2)]);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

type Plain = { tag: number; value: string | Plain[] };
const plainOf = ({ tag, value }: Tree): Plain => ({
  tag: tag & 0x1f,
  value: Array.isArray(value) ? value.map(plainOf) : value.toString('hex'),
});
const shownBy = ({ tag, children, content }: Asn1Node): Plain => ({
  tag,
  value: children === null ? content.toString('hex') : children.map(shownBy),
});

describe('readAsn1', () => {
  it('reads what was encoded, with lengths and without, whatever follows it', () => {
    fc.assert(
      fc.property(tree, fc.uint8Array({ maxLength: 8 }), (made, rest) => {
        const bytes = encode(made);
        const node = readAsn1(Buffer.concat([bytes, rest]));
        expect(node?.whole).toEqual(bytes);
        expect(node === null ? null : shownBy(node)).toEqual(plainOf(made));
      }),
    );
  });

  it('agrees with another reader on where an element ends', () => {
    fc.assert(
      fc.property(tree, (made) => {
        const bytes = encode(made);
        const { offset } = fromBER(Buffer.concat([bytes, Buffer.alloc(4)]), { parseEmbedded: false });
        expect(readAsn1(bytes)?.whole.length).toBe(offset);
      }),
    );
  });

  it('reads none of bytes that end before it does', () => {
    fc.assert(
      fc.property(tree, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (made, share) => {
        const bytes = encode(made);
        expect(readAsn1(bytes.subarray(0, Math.floor(share * bytes.length)))).toBeNull();
      }),
    );
  });

  it('never throws, and shows nothing outside its bytes', () => {
    const size = (node: Asn1Node, depth = 0): number =>
      node.children === null || depth > 8 ? 1 : node.children.reduce((sum, each) => sum + size(each, depth + 1), 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const node = readAsn1(Buffer.from(bytes));
        expect(node === null ? 0 : size(node)).toBeLessThanOrEqual(300 * 9);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a tag of several bytes', '1f8101'],
    ['a length of more than four bytes', '30850000000001'],
    ['a primitive one without a length', '0480'],
    ['one without a length that never ends', '30803080'],
    ['levels without end', '3080'.repeat(10_000)],
    ['elements without end', `3080${'0500'.repeat(30_000)}0000`],
  ])('reads none of %s', (_what, hex) => {
    expect(readAsn1(Buffer.from(hex, 'hex'))).toBeNull();
  });

  it('looks into none with more elements than it takes', () => {
    const many = (count: number): Buffer =>
      Buffer.from(`3083${(2 * count).toString(16).padStart(6, '0')}${'0500'.repeat(count)}`, 'hex');
    expect(readAsn1(many(1_000))?.children).toHaveLength(1_000);
    expect(readAsn1(many(1_001))?.children).toBeNull();
  });
});
