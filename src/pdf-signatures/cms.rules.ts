import { algorithmOf, type NamedAlgorithm } from './algorithms.rules.ts';
import type { Asn1Node } from './asn1-node.ts';
import { asA, identifierOf, insideOf, isA, octetsOf, tagged, WrongShape } from './asn1.rules.ts';

/** A signature as CMS holds it (RFC 5652, 5): of exactly one signer, as a PDF demands it. */
export type Cms = {
  contentType: string;
  /** Null: what is signed lies outside. */
  content: Buffer | null;
  /** DER of those that are X.509 certificates. */
  certificates: readonly Buffer[];
  signer: {
    /** Which certificate is the signer's: the name of its issuer and its serial number, or the id of its key. */
    sid: { issuer: Buffer; serial: Buffer } | { keyId: Buffer };
    digest: NamedAlgorithm;
    algorithm: NamedAlgorithm;
    signature: Buffer;
    /** Null: the content itself is signed. `signed` is what the signature is over, with the tag that it is made under. */
    attributes: { signed: Buffer; values: ReadonlyMap<string, Asn1Node> } | null;
  };
};

const signedData = '1.2.840.113549.1.7.2';
const certificatesMost = 64;
const setTag = 0x31;

/** Null when an element is no such signature. */
export function readCms(node: Asn1Node | null): Cms | null {
  try {
    return node === null ? null : cmsOf(node);
  } catch (error) {
    if (error instanceof WrongShape) return null;
    throw error;
  }
}

function cmsOf(node: Asn1Node): Cms {
  const [type, wrapped] = insideOf(node, 'sequence');
  if (identifierOf(type) !== signedData) throw new WrongShape('signed data');
  const [, , encapsulated, ...others] = insideOf(wrapped?.children?.[0], 'sequence');
  const [contentType, explicit] = insideOf(encapsulated, 'sequence');
  const [signer, ...more] = insideOf(others.at(-1), 'set');
  if (signer === undefined || more.length > 0) throw new WrongShape('one signer');
  const certificates = tagged(others, 0)?.children ?? [];
  if (certificates.length > certificatesMost) throw new WrongShape('certificates');
  return {
    contentType: identifierOf(contentType),
    content: explicit === undefined ? null : octetsOf(explicit.children?.[0]),
    certificates: certificates.filter((each) => isA(each, 'sequence')).map(({ whole }) => whole),
    signer: signerOf(insideOf(signer, 'sequence')),
  };
}

/** RFC 5652, 5.3: version, sid, digest, signed attributes where there are any, algorithm, signature. */
function signerOf([, sid, digest, ...others]: readonly Asn1Node[]): Cms['signer'] {
  const attributes = tagged(others.slice(0, 1), 0);
  const [algorithm, signature] = attributes === undefined ? others : others.slice(1);
  return {
    sid: sidOf(sid),
    digest: algorithmOf(digest),
    algorithm: algorithmOf(algorithm),
    signature: octetsOf(signature),
    attributes: attributes === undefined ? null : attributesOf(attributes),
  };
}

function sidOf(sid: Asn1Node | undefined): Cms['signer']['sid'] {
  if (sid?.kind === 'context' && sid.tag === 0 && !sid.isConstructed) return { keyId: sid.content };
  const [issuer, serial] = insideOf(sid, 'sequence');
  return { issuer: asA(issuer, 'sequence').whole, serial: asA(serial, 'integer').content };
}

/** An attribute that is needed has one value; one that comes twice could be read in two ways (RFC 5652, 11). */
function attributesOf({ children, whole }: Asn1Node): NonNullable<Cms['signer']['attributes']> {
  const values = new Map<string, Asn1Node>();
  for (const attribute of children ?? []) {
    const [type, set] = insideOf(attribute, 'sequence');
    const name = identifierOf(type);
    const [value] = insideOf(set, 'set');
    if (value === undefined || values.has(name)) throw new WrongShape('attribute');
    values.set(name, value);
  }
  // Signed under the tag of a set, in place of the one that its place decides (RFC 5652, 5.4).
  const signed = Buffer.from(whole);
  signed[0] = setTag;
  return { signed, values };
}
