import { createHash, type KeyObject, sign, verify } from 'node:crypto';

const domain = 'posthorn/review-certificate/v1\0';

/** Ed25519 (RFC 8032) over a domain of its own and the text, base64. */
export function signCertificate(text: string, privateKey: KeyObject): string {
  return sign(null, Buffer.from(domain + text, 'utf8'), privateKey).toString('base64');
}

/** Whether this very text was signed so, and the signature is written as it was: base64 says the same in several ways. */
export function isCertificateSignature(signature: string, text: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature) return false;
  return verify(null, Buffer.from(domain + text, 'utf8'), publicKey, bytes);
}

/** Names a public key in full: the SHA-256 of its DER (SubjectPublicKeyInfo), hex. Its id is the beginning of that. */
export function fingerprintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
