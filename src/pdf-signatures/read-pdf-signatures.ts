import type { Certificate } from './certificate.rules.ts';
import { digestNamed } from './algorithms.rules.ts';
import { decodeHex, endsRevision, readRange, type SignedRange, signedParts } from './byte-range.rules.ts';
import { type Cms, readCms } from './cms.rules.ts';
import { findSignatures } from './find-signatures.rules.ts';
import type { LocatedSignature } from './located-signature.ts';
import { readAsn1 } from './read-asn1.rules.ts';
import { readCertificate } from './read-certificates.ts';
import { imprintOf, timestampContent } from './timestamp.rules.ts';
import { digestOf, verifySigner } from './verify-signer.rules.ts';

/** What is wrong with a signature in a PDF. */
export const signatureFaults = {
  unreadable: 'cannot be read',
  form: 'is of a form that is not read here',
  range: 'does not cover everything but itself',
  appended: 'does not cover what was appended after it',
  algorithm: 'is made with an algorithm or a key that is weak or not known',
  certificate: "comes without its signer's certificate",
  changed: 'covers bytes that were changed',
  forged: 'was not made with the key of its certificate',
} as const;
type SignatureFault = keyof typeof signatureFaults;

/** `timestamp`: of the whole file, by an authority of time. It proves when, and nobody's consent. */
export type PdfSignature = {
  kind: 'signature' | 'timestamp';
  /** Null: the bytes that it covers are those that the key of `certificate` signed. */
  fault: SignatureFault | null;
  certificate: Certificate | null;
  /** Certificates that came with it. */
  others: readonly Certificate[];
};

/** In the order in which they were made. `tooMuch`: the file has more in it than is gone through. */
export type PdfSignatures = { signatures: readonly PdfSignature[]; tooMuch: boolean };

const contentsBytesMost = 4 * 1024 * 1024;
const detached = new Set(['adbe.pkcs7.detached', 'ETSI.CAdES.detached']);
const timestamp = 'ETSI.RFC3161';

/**
 * The signatures of a PDF, each verified (ISO 32000-2, 12.8): that it covers the whole revision but itself, the last one up
 * to the end of the file, and that the key of its certificate signed those bytes. Whether that certificate is trusted is
 * another question (`judgeTrust`). Who writes a signed PDF anew leaves dictionaries behind that fit nothing in it any more: they
 * are passed over where the last signature covers them. Bounded and safe on any bytes.
 */
export function readPdfSignatures(bytes: Buffer): PdfSignatures {
  const { found, tooMuch } = findSignatures(bytes);
  const ranges = found.map((located) => ({ located, range: readRange(located, bytes.length) }));
  const inTurn = ranges.toSorted((one, other) => endOf(one.range) - endOf(other.range));
  const signatures = inTurn.map(({ located, range }, index): PdfSignature => {
    const read = readOne(bytes, located, range);
    const isLast = index === inTurn.length - 1;
    if (read.fault !== null || range === null) return read;
    if (isLast) return range.endsAt === bytes.length ? read : { ...read, fault: 'appended' };
    return endsRevision(bytes, range.endsAt) ? read : { ...read, fault: 'range' };
  });
  const isCovered = signatures.at(-1)?.fault === null;
  return { signatures: signatures.filter((_, index) => !isCovered || inTurn[index]?.range !== null), tooMuch };
}

const endOf = (range: SignedRange | null): number => range?.endsAt ?? -1;

function readOne(bytes: Buffer, { subFilter }: LocatedSignature, range: SignedRange | null): PdfSignature {
  const kind = subFilter === timestamp ? 'timestamp' : 'signature';
  const fail = (fault: SignatureFault): PdfSignature => ({ kind, fault, certificate: null, others: [] });
  if (subFilter === null) return fail('unreadable');
  if (kind === 'signature' && !detached.has(subFilter)) return fail('form');
  if (range === null) return fail('range');
  const contents = decodeHex(bytes, range, contentsBytesMost);
  const cms = contents === null ? null : readCms(readAsn1(contents));
  if (cms === null) return fail('unreadable');
  const certificates = cms.certificates.flatMap((der) => readCertificate(der) ?? []);
  const certificate = certificates.find((each) => isMeant(each, cms.signer.sid)) ?? null;
  if (certificate === null) return fail('certificate');
  const others = certificates.filter((each) => each !== certificate);
  const parts = signedParts(bytes, range);
  const fault =
    kind === 'timestamp' ? verifyTimestamp(cms, parts, certificate) : verifyDetached(cms, parts, certificate);
  return { kind, fault, certificate, others };
}

function isMeant({ facts }: Certificate, sid: Cms['signer']['sid']): boolean {
  if ('keyId' in sid) return facts.keyId?.equals(sid.keyId) === true;
  return facts.issuer.equals(sid.issuer) && facts.serial.equals(sid.serial);
}

function verifyDetached(cms: Cms, parts: readonly Buffer[], { x509 }: Certificate): SignatureFault | null {
  return cms.content === null ? verifySigner(cms, parts, x509) : 'form';
}

/** The digest of the bytes is in the token, and the token is signed. */
function verifyTimestamp(cms: Cms, parts: readonly Buffer[], { x509 }: Certificate): SignatureFault | null {
  if (cms.content === null || cms.contentType !== timestampContent) return 'unreadable';
  const imprint = imprintOf(readAsn1(cms.content));
  if (imprint === null) return 'unreadable';
  const digest = digestNamed(imprint.digest);
  if (digest === null) return 'algorithm';
  if (!imprint.value.equals(digestOf(digest, parts))) return 'changed';
  return verifySigner(cms, [cms.content], x509);
}
