import type { Asn1Node } from './asn1-node.ts';
import { identifierOf, insideOf, smallNumberOf, tagged, WrongShape } from './asn1.rules.ts';

/** An algorithm as it stands in a signature, with its parameters. */
export type NamedAlgorithm = { name: string; parameters: Asn1Node | undefined };

/** How a signature is verified. `digest` null: the scheme has its own. `saltBytes` null: it is not RSASSA-PSS. */
export type SignatureScheme = { keys: readonly string[]; digest: string | null; saltBytes: number | null };

/** @throws WrongShape */
export function algorithmOf(node: Asn1Node | undefined): NamedAlgorithm {
  const [name, parameters] = insideOf(node, 'sequence');
  return { name: identifierOf(name), parameters };
}

/** RFC 5754 and RFC 8702. SHA-1 and MD5 are not among them: bytes that were signed with those can be exchanged. */
const digests: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '2.16.840.1.101.3.4.2.8': 'sha3-256',
  '2.16.840.1.101.3.4.2.9': 'sha3-384',
  '2.16.840.1.101.3.4.2.10': 'sha3-512',
};

const rsa = { keys: ['rsa'], saltBytes: null };
const ec = { keys: ['ec'], saltBytes: null };
const own = { digest: null, saltBytes: null };
/** RFC 4055, RFC 5758 and RFC 8419. `null` as digest of the first two: that of the signer. */
const schemes: Readonly<Record<string, SignatureScheme>> = {
  '1.2.840.113549.1.1.11': { ...rsa, digest: 'sha256' },
  '1.2.840.113549.1.1.12': { ...rsa, digest: 'sha384' },
  '1.2.840.113549.1.1.13': { ...rsa, digest: 'sha512' },
  '1.2.840.10045.4.3.2': { ...ec, digest: 'sha256' },
  '1.2.840.10045.4.3.3': { ...ec, digest: 'sha384' },
  '1.2.840.10045.4.3.4': { ...ec, digest: 'sha512' },
  '1.3.101.112': { keys: ['ed25519'], ...own },
  '1.3.101.113': { keys: ['ed448'], ...own },
};
/** Keys that sign under the digest that the signer names. */
const byKey: Readonly<Record<string, typeof rsa>> = { '1.2.840.113549.1.1.1': rsa, '1.2.840.10045.2.1': ec };
const pss = '1.2.840.113549.1.1.10';
const mgf1 = '1.2.840.113549.1.1.8';

/** What node:crypto calls a digest; null for one that is weak or not known. */
export function digestNamed({ name }: NamedAlgorithm): string | null {
  return digests[name] ?? null;
}

/** Null for a scheme that is weak or not known. @throws WrongShape */
export function schemeOf(algorithm: NamedAlgorithm, signersDigest: NamedAlgorithm): SignatureScheme | null {
  const { name } = algorithm;
  const known = schemes[name];
  if (known !== undefined) return known;
  if (name === pss) return pssOf(algorithm);
  const digest = digestNamed(signersDigest);
  const key = byKey[name];
  return key === undefined || digest === null ? null : { ...key, digest };
}

/** RFC 4055, 3.1: digest, mask generation, which has to use the same digest here, and salt length, 20 unless given. */
function pssOf({ parameters }: NamedAlgorithm): SignatureScheme | null {
  const given = insideOf(parameters, 'sequence');
  const [digestNode] = tagged(given, 0)?.children ?? [];
  const [maskNode] = tagged(given, 1)?.children ?? [];
  const [saltNode] = tagged(given, 2)?.children ?? [];
  if (digestNode === undefined || maskNode === undefined) return null;
  const digest = digestNamed(algorithmOf(digestNode));
  const mask = algorithmOf(maskNode);
  const maskDigest = mask.name === mgf1 ? digestNamed(algorithmOf(mask.parameters)) : null;
  if (digest === null || maskDigest !== digest) return null;
  const saltBytes = saltNode === undefined ? 20 : smallNumberOf(saltNode);
  if (saltBytes > 1024) throw new WrongShape('salt');
  return { keys: ['rsa', 'rsa-pss'], digest, saltBytes };
}
