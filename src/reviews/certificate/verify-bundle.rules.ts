import type { KeyObject } from 'node:crypto';
import { fingerprintOf, isCertificateSignature } from '../../audit/certificate-signature.rules.ts';
import { isSignedWith, keyIdOf, readPublicKey } from '../../audit/checkpoint.rules.ts';
import { digestOf } from '../../readiness/digest.rules.ts';
import { manifestText, type ReadBundle, readBundle } from './bundle.rules.ts';
import { type Certificate, certificateFormat, type Manifest, partNames } from './certificate.rules.ts';
import { type CertificateFault, faultsOfParts } from './verify-parts.rules.ts';

/** A key that is known from elsewhere: itself, or (the beginning of) its fingerprint. */
export type KnownKey = { kind: 'key'; key: KeyObject } | { kind: 'fingerprint'; fingerprint: string };

export type CertificateVerdict = {
  faults: readonly CertificateFault[];
  /** False: signatures were only checked with the key that came in the certificate itself. */
  isKeyTrusted: boolean;
  /** Of the key that the certificate names; null when it names none. */
  fingerprint: string | null;
  /** What it certifies; null when it cannot be read, or anything in it is not as it was signed. */
  certificate: Certificate | null;
};

/**
 * Verifies a certificate from its text alone: that it is written as it was issued, that every part and nothing else is there,
 * that the gateway signed it, and that what it says follows from what is in it.
 * @param known null takes the key in the certificate
 */
export function verifyBundle(text: string, known: KnownKey | null): CertificateVerdict {
  const read = readBundle(text);
  const isKeyTrusted = known !== null;
  if (typeof read === 'string') {
    return { faults: [{ place: 'the file', what: read }], isKeyTrusted, fingerprint: null, certificate: null };
  }
  const own = readPublicKey(read.publicKey);
  const isOwnWritten = own?.export({ type: 'spki', format: 'der' }).toString('base64') === read.publicKey;
  const fingerprint = own === null ? null : fingerprintOf(own);
  const faults: CertificateFault[] = [];
  if (own === null || !isOwnWritten) faults.push({ place: 'publicKey', what: 'is no Ed25519 key as it is written' });
  else if (!isKnown(own, known)) faults.push({ place: 'publicKey', what: 'is another key than the one that is known' });
  const key = known?.kind === 'key' ? known.key : own;
  faults.push(...faultsOfManifest(read, key), ...faultsOfHashes(read));
  const isWhole = faults.length === 0;
  const certificate = isWhole ? (read as unknown as Certificate) : null;
  if (certificate !== null && key !== null) faults.push(...faultsInside(certificate, key));
  return { faults, isKeyTrusted, fingerprint, certificate };
}

function isKnown(own: KeyObject, known: KnownKey | null): boolean {
  if (known === null) return true;
  const wanted = known.kind === 'key' ? fingerprintOf(known.key) : known.fingerprint;
  return fingerprintOf(own).startsWith(wanted);
}

function faultsOfManifest({ manifest, signature }: ReadBundle, key: KeyObject | null): CertificateFault[] {
  const place = 'manifest';
  const { format, key: named } = (manifest ?? {}) as Partial<Manifest>;
  if (format !== certificateFormat) return [{ place, what: `is of no format that this release knows` }];
  if (key === null) return [];
  if (named !== keyIdOf(key)) return [{ place, what: 'names another key than the one that signed' }];
  if (isCertificateSignature(signature, manifestText(manifest), key)) return [];
  return [{ place: 'signature', what: 'is not that of this manifest under this key' }];
}

function faultsOfHashes({ manifest, parts }: ReadBundle): CertificateFault[] {
  const hashes = ((manifest ?? {}) as Partial<Manifest>).parts;
  if (typeof hashes !== 'object') return [{ place: 'manifest', what: 'names no parts' }];
  const named = new Set<string>(partNames);
  const faults: CertificateFault[] = [];
  for (const name of new Set([...partNames, ...Object.keys(hashes), ...Object.keys(parts)])) {
    const place = `parts ${name}`;
    if (!named.has(name)) faults.push({ place, what: 'is no part of a certificate: it was added' });
    else if (!Object.hasOwn(parts, name)) faults.push({ place, what: 'is not there: it was taken away' });
    else if ((hashes as Record<string, unknown>)[name] !== digestOf(parts[name])) {
      faults.push({ place, what: 'is not what was signed: it was changed' });
    }
  }
  return faults;
}

/** What was signed, decided anew. Whoever holds the key can sign anything: it has to fit together as well. */
function faultsInside({ parts, manifest }: Certificate, key: KeyObject): CertificateFault[] {
  try {
    const faults = faultsOfParts(parts, manifest);
    if (parts.audit.scope !== manifest.team || !isSignedWith(parts.audit, key)) {
      faults.push({ place: 'audit', what: 'is no head of the team’s audit log under this key' });
    }
    return faults;
  } catch {
    return [{ place: 'parts', what: 'are not those of a certificate: they cannot be judged' }];
  }
}
