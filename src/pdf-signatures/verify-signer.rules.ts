import { constants, createHash, createVerify, type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { algorithmOf, digestNamed, schemeOf, type SignatureScheme } from './algorithms.rules.ts';
import type { Asn1Node } from './asn1-node.ts';
import { identifierOf, insideOf, isA, octetsOf, WrongShape } from './asn1.rules.ts';
import type { Cms } from './cms.rules.ts';

const attributeIds = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.47',
} as const;
const rsaBitsLeast = 2048;

/** `changed`: other bytes were signed. `forged`: the key of the certificate did not sign. */
type SignerFault = 'unreadable' | 'algorithm' | 'changed' | 'forged';

/**
 * Whether the key of a certificate signed this content (RFC 5652, 5.4 to 5.6), and no other certificate is meant (RFC 5035).
 * @param content what is signed, in parts
 * @returns null when it did
 */
export function verifySigner(cms: Cms, content: readonly Buffer[], certificate: X509Certificate): SignerFault | null {
  try {
    const { signer } = cms;
    const digest = digestNamed(signer.digest);
    const scheme = schemeOf(signer.algorithm, signer.digest);
    if (digest === null || scheme === null || !isStrong(certificate.publicKey)) return 'algorithm';
    if (!scheme.keys.includes(certificate.publicKey.asymmetricKeyType ?? '')) return 'forged';
    const { attributes, signature } = signer;
    if (attributes === null) return isSigned(content, scheme, certificate.publicKey, signature) ? null : 'forged';
    const { signed, values } = attributes;
    if (identifierOf(values.get(attributeIds.contentType)) !== cms.contentType) return 'unreadable';
    if (!octetsOf(values.get(attributeIds.messageDigest)).equals(digestOf(digest, content))) return 'changed';
    if (!names(values.get(attributeIds.signingCertificate), certificate)) return 'forged';
    return isSigned([signed], scheme, certificate.publicKey, signature) ? null : 'forged';
  } catch (error) {
    if (error instanceof WrongShape) return 'unreadable';
    throw error;
  }
}

/** Under a name of node:crypto's. */
export function digestOf(name: string, parts: readonly Buffer[]): Buffer {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function isStrong({ asymmetricKeyDetails }: KeyObject): boolean {
  const bits = asymmetricKeyDetails?.modulusLength;
  return bits === undefined || bits >= rsaBitsLeast;
}

function isSigned(
  parts: readonly Buffer[],
  { digest, saltBytes }: SignatureScheme,
  key: KeyObject,
  signature: Buffer,
): boolean {
  try {
    if (digest === null) return verify(null, Buffer.concat(parts), key, signature);
    const verifier = createVerify(digest);
    for (const part of parts) verifier.update(part);
    if (saltBytes === null) return verifier.verify(key, signature);
    return verifier.verify({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }, signature);
  } catch {
    return false;
  }
}

/** Whether the attribute of the signing certificate, where there is one, means this one (RFC 5035, 3). */
function names(attribute: Asn1Node | undefined, certificate: X509Certificate): boolean {
  if (attribute === undefined) return true;
  const [certificates] = insideOf(attribute, 'sequence');
  const [first] = insideOf(certificates, 'sequence');
  const fields = insideOf(first, 'sequence');
  const digest = isA(fields[0], 'sequence') ? digestNamed(algorithmOf(fields[0])) : 'sha256';
  const hash = octetsOf(fields.find((field) => isA(field, 'octets')));
  return digest !== null && hash.equals(digestOf(digest, [certificate.raw]));
}
