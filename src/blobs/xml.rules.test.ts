import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readXml, type XmlElement } from './xml.rules.ts';

const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/);
const texts = fc.string({ unit: 'grapheme' }).filter((text) => text.trim() === text);
const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.record({ name: names, text: texts, children: fc.constant<XmlElement[]>([]) }),
    fc.record({
      name: names,
      text: fc.constant(''),
      children: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

const hex = (character: string) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`;
const decimal = (character: string) => `&#${character.codePointAt(0) ?? 0};`;
const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const spellings = [
  (text: string) => text.replaceAll(/[&<>"']/g, (character) => named[character as keyof typeof named]),
  (text: string) => text.replaceAll(/[&<]|[^a-z]/gu, hex),
  (text: string) => text.replaceAll(/[&<]|[^a-z]/gu, decimal),
];

function write({ name, text, children }: XmlElement, spell: (text: string) => string, space: string): string {
  if (children.length === 0) return text === '' ? `<${name} />` : `<${name} a="x>y" b:c = 'd'>${spell(text)}</${name}>`;
  return `<${name}>${space}${children.map((child) => write(child, spell, space)).join(space)}${space}</${name}\n>`;
}

describe('XML', () => {
  test.each(spellings.map((spell, index) => [index, spell] as const))('is read as it was written (%i)', (_, spell) => {
    fc.assert(
      fc.property(
        tree,
        fc.constantFrom('', '\n  '),
        fc.constantFrom('', '<?xml version="1.0"?>\n'),
        (root, space, head) => {
          fc.pre(depthOf(root) < 16);
          expect(readXml(head + write(root, spell, space))).toEqual(root);
        },
      ),
    );
  });

  test('is read or refused, and never thrown at', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '<a',
      '<a>',
      '</a>',
      '<a/>',
      '&',
      '&amp;',
      ';',
      '<!--',
      ' x="1"',
      'a',
      '?>',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        const root = readXml(parts.join(''));
        expect(root === null || root.name === 'a' || root.name.startsWith('a')).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test('is read in time that grows with its length alone', () => {
    for (const piece of ['<a>', '<a ', '<a x="', ' ', '<a b=""', '&', '&amp', '</', '<a' + ' '.repeat(50)]) {
      expect(readXml(piece.repeat(100_000))).toBeNull();
    }
  }, 10_000);

  test.each([
    ['nothing', ''],
    ['text alone', 'a'],
    ['two roots', '<a/><b/>'],
    ['text after the root', '<a/>b'],
    ['what is not closed', '<a><b></b>'],
    ['what is closed in the wrong order', '<a><b></a></b>'],
    ['what was never opened', '</a>'],
    ['an attribute at an end', '<a></a b="c">'],
    ['text beside elements', '<a>text<b/></a>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a>&b;</a>'],
    ['a bare ampersand', '<a>b & c</a>'],
    ['the character zero', '<a>&#0;</a>'],
    ['half a character', '<a>&#xD800;</a>'],
    ['a character beyond all', '<a>&#x110000;</a>'],
    ['an entity of Object.prototype', '<a>&toString;</a>'],
    ['a comment', '<a><!-- b --></a>'],
    ['CDATA', '<a><![CDATA[b]]></a>'],
    ['an instruction', '<a><?b?></a>'],
    ['an attribute without quotes', '<a b=c/>'],
    ['17 levels', `${'<a>'.repeat(17)}${'</a>'.repeat(17)}`],
    ['HTML', '<!doctype html><html><body><p>Not found<br></body></html>'],
  ])('with %s is refused', (_what, text) => {
    expect(readXml(text)).toBeNull();
  });
});

function depthOf({ children }: XmlElement): number {
  return 1 + Math.max(0, ...children.map(depthOf));
}
