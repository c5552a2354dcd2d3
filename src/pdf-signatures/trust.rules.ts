import type { X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.rules.ts';

/** Why a certificate is not trusted. */
export const trustFaults = {
  self_issued: 'the certificate is its own issuer',
  not_for_signing: 'the certificate is not for signing',
  expired: 'the certificate has expired',
  not_yet_valid: 'the certificate is not valid yet',
  no_chain: 'no chain leads from the certificate to the trust list',
} as const;
export type TrustFault = keyof typeof trustFaults;

/** Certificates between the signer's and the trust list, and signatures that are looked at, whoever sent how many. */
const linksMost = 8;
const looksMost = 200;

/**
 * Whether a chain leads from a certificate to the trust list at a moment (RFC 5280, 6, without policies, constraints of
 * names and revocation). Every certificate in it has to be valid then, the trusted one too.
 * @param others that came with it, which may stand between
 * @returns null when it is trusted
 */
export function judgeTrust(
  leaf: Certificate,
  { others, trusted, atMs }: { others: readonly Certificate[]; trusted: readonly Certificate[]; atMs: number },
): TrustFault | null {
  const { x509, facts } = leaf;
  if (x509.issuer === x509.subject || isSignedBy(x509, x509)) return 'self_issued';
  if (facts.usage !== null && !facts.usage.signs) return 'not_for_signing';
  if (x509.validToDate.getTime() <= atMs) return 'expired';
  if (x509.validFromDate.getTime() > atMs) return 'not_yet_valid';
  return hasChain(leaf, { others, trusted, atMs }) ? null : 'no_chain';
}

type Link = { certificate: Certificate; below: number; chain: readonly string[] };

/** Goes up from the leaf, to the trust list first. `below`: the authorities under a link, as path lengths count them. */
function hasChain(leaf: Certificate, input: Parameters<typeof judgeTrust>[1]): boolean {
  const { atMs, others } = input;
  const trusted = input.trusted.filter((each) => isValid(each, atMs));
  let looks = 0;
  const open: Link[] = [{ certificate: leaf, below: 0, chain: [leaf.x509.fingerprint256] }];
  for (let link = open.pop(); link !== undefined; link = open.pop()) {
    const { certificate, below, chain } = link;
    if (certificate.facts.demandsUnknown) continue;
    const issues = (issuer: Certificate): boolean => {
      if (issuer.x509.subject !== certificate.x509.issuer || !mayIssue(issuer, below)) return false;
      looks += 1;
      return looks <= looksMost && isIssuedBy(certificate.x509, issuer.x509);
    };
    if (trusted.some((each) => each.x509.fingerprint256 === certificate.x509.fingerprint256 || issues(each)))
      return true;
    if (chain.length > linksMost) continue;
    for (const other of others) {
      const { fingerprint256, ca } = other.x509;
      if (chain.includes(fingerprint256) || !ca || !isValid(other, atMs) || !issues(other)) continue;
      const isRenewal = other.x509.subject === other.x509.issuer;
      open.push({ certificate: other, below: isRenewal ? below : below + 1, chain: [...chain, fingerprint256] });
    }
  }
  return false;
}

function mayIssue({ facts }: Certificate, below: number): boolean {
  if (facts.demandsUnknown || (facts.usage !== null && !facts.usage.issues)) return false;
  return facts.pathLength === null || below <= facts.pathLength;
}

function isValid({ x509 }: Certificate, atMs: number): boolean {
  return x509.validFromDate.getTime() <= atMs && atMs < x509.validToDate.getTime();
}

/** By name, key id and signature. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && isSignedBy(certificate, issuer);
}

/** What a key cannot verify, it did not sign. */
function isSignedBy(certificate: X509Certificate, { publicKey }: X509Certificate): boolean {
  try {
    return certificate.verify(publicKey);
  } catch {
    return false;
  }
}
