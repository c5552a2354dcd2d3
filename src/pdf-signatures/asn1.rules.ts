import type { Asn1Node } from './asn1-node.ts';

/** Thrown where bytes are not what their place demands; `readCms` and its like answer null then. */
export class WrongShape extends Error {}

const tags = { boolean: 1, integer: 2, bits: 3, octets: 4, identifier: 6, sequence: 16, set: 17 } as const;

/** Whether an element is of this type. */
export function isA(node: Asn1Node | undefined, type: keyof typeof tags): node is Asn1Node {
  return node?.kind === 'universal' && node.tag === tags[type];
}

/** @throws WrongShape when it is not of this type */
export function asA(node: Asn1Node | undefined, type: keyof typeof tags): Asn1Node {
  if (!isA(node, type)) throw new WrongShape(type);
  return node;
}

/** What is in a sequence or set. @throws WrongShape */
export function insideOf(node: Asn1Node | undefined, type: 'sequence' | 'set'): readonly Asn1Node[] {
  const { children } = asA(node, type);
  if (children === null) throw new WrongShape(type);
  return children;
}

/** The first of these with a tag that its place decides. */
export function tagged(nodes: readonly Asn1Node[], tag: number): Asn1Node | undefined {
  return nodes.find((node) => node.kind === 'context' && node.tag === tag);
}

/** An object identifier with dots (X.690, 8.19). @throws WrongShape */
export function identifierOf(node: Asn1Node | undefined): string {
  const { content } = asA(node, 'identifier');
  if (content.length === 0 || content.length > 64) throw new WrongShape('identifier');
  const numbers: number[] = [];
  let number = 0;
  for (const each of content) {
    number = number * 128 + (each & 0x7f);
    if (number > Number.MAX_SAFE_INTEGER / 128) throw new WrongShape('identifier');
    if (each < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...others] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...others].join('.');
}

/** The bytes of an octet string, also of one in pieces (X.690, 8.7). @throws WrongShape */
export function octetsOf(node: Asn1Node | undefined): Buffer {
  const { children, content, isConstructed } = asA(node, 'octets');
  if (!isConstructed) return content;
  if (children === null) throw new WrongShape('octets');
  return Buffer.concat(children.map(octetsOf));
}

/** A small number that is not negative. @throws WrongShape */
export function smallNumberOf(node: Asn1Node | undefined): number {
  const { content } = asA(node, 'integer');
  if (content.length === 0 || content.length > 4 || (content[0] as number) > 0x7f) throw new WrongShape('integer');
  return content.readUIntBE(0, content.length);
}
