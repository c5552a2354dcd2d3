import { rootCertificates } from 'node:tls';
import { examineDocument } from '../archive/examine-document.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { readTrustList } from '../pdf-signatures/read-certificates.ts';
import { type PdfSignature, signatureFaults } from '../pdf-signatures/read-pdf-signatures.ts';
import { judgeTrust, trustFaults } from '../pdf-signatures/trust.rules.ts';
import type { Instruments, SignatureFact } from './instruments.ts';

/**
 * Reads archived documents anew, with the signatures in them.
 * @param options.trustPem roots that signers' certificates may lead to; null: those that Node trusts
 */
export function createDocumentExaminer(options: {
  blobs: Pick<BlobStore, 'kept'>;
  trustPem: string | null;
}): Instruments['examineDocument'] {
  // Some hundred and fifty roots: read when the first document is.
  let trusted: ReturnType<typeof readTrustList> | null = null;
  return async ({ teamId, document, nowMs }) => {
    const { state, signatures } = await examineDocument(options, { teamId, document });
    if (signatures === null) return { state, signatures: null };
    trusted ??= readTrustList(options.trustPem === null ? rootCertificates : [options.trustPem]);
    const roots = trusted;
    const factOf = ({ kind, fault, certificate, others }: PdfSignature): SignatureFact => {
      const trust = certificate === null ? null : judgeTrust(certificate, { others, trusted: roots, atMs: nowMs });
      return {
        kind,
        fault: fault === null ? null : signatureFaults[fault],
        certificate:
          certificate === null
            ? null
            : {
                fault: trust === null ? null : trustFaults[trust],
                validToMs: certificate.x509.validToDate.getTime(),
                fingerprint: certificate.x509.fingerprint256.replaceAll(':', '').toLowerCase(),
              },
      };
    };
    return { state, signatures: { tooMuch: signatures.tooMuch, found: signatures.signatures.map(factOf) } };
  };
}
