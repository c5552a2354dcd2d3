import { algorithmOf, type NamedAlgorithm } from './algorithms.rules.ts';
import type { Asn1Node } from './asn1-node.ts';
import { insideOf, octetsOf, WrongShape } from './asn1.rules.ts';

/** The type of what a timestamp signs. */
export const timestampContent = '1.2.840.113549.1.9.16.1.4';

/** The digest that a timestamp is for (RFC 3161, 2.4.2: `messageImprint`); null when an element is no timestamp. */
export function imprintOf(node: Asn1Node | null): { digest: NamedAlgorithm; value: Buffer } | null {
  try {
    const [, , imprint] = insideOf(node ?? undefined, 'sequence');
    const [digest, value] = insideOf(imprint, 'sequence');
    return { digest: algorithmOf(digest), value: octetsOf(value) };
  } catch (error) {
    if (error instanceof WrongShape) return null;
    throw error;
  }
}
