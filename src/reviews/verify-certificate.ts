import { readPublicKey } from '../audit/checkpoint.rules.ts';
import { type CertificateVerdict, type KnownKey, verifyBundle } from './certificate/verify-bundle.rules.ts';

/** A verdict with what the files beside a certificate have to be, byte for byte. */
export type VerifiedCertificate = CertificateVerdict & { readings: { page: Buffer; pdf: Buffer } | null };

/**
 * Verifies a certificate that was handed out, without database, configuration or gateway.
 * @param known null takes the key in the certificate itself, which proves less: see `isKeyTrusted`
 */
export function verifyCertificate(text: string, known: KnownKey | null): VerifiedCertificate {
  const verdict = verifyBundle(text, known);
  const parts = verdict.certificate?.parts;
  if (parts === undefined) return { ...verdict, readings: null };
  return { ...verdict, readings: { page: Buffer.from(parts.page, 'utf8'), pdf: Buffer.from(parts.pdf, 'base64') } };
}

/** A public key (PEM, or base64 of its DER), or 16 to 64 hex digits of its fingerprint; null when it is neither. */
export function readKnownKey(text: string): KnownKey | null {
  const trimmed = text.trim().toLowerCase();
  if (/^[0-9a-f]{16,64}$/.test(trimmed)) return { kind: 'fingerprint', fingerprint: trimmed };
  const key = readPublicKey(text);
  return key === null ? null : { kind: 'key', key };
}
