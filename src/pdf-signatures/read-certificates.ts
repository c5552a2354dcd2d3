import { X509Certificate } from 'node:crypto';
import { WrongShape } from './asn1.rules.ts';
import { type Certificate, factsOf } from './certificate.rules.ts';

/** A certificate from its DER or PEM; null when it is none, or its key is of a kind that is not known. */
export function readCertificate(der: Buffer): Certificate | null {
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
    if (x509.publicKey.asymmetricKeyType === undefined) return null;
  } catch {
    return null;
  }
  try {
    return { x509, facts: factsOf(x509.raw) };
  } catch (error) {
    if (error instanceof WrongShape) return null;
    throw error;
  }
}

/** The certificates of a trust list: PEM texts, each with one or several. What is none is left out. */
export function readTrustList(pems: readonly string[]): Certificate[] {
  return pems
    .flatMap((pem) => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
    .flatMap((pem) => readCertificate(Buffer.from(pem)) ?? []);
}
