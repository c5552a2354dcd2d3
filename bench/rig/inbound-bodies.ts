import { randomBytes } from 'node:crypto';
import { numberPlace } from './numbered-load.ts';

/** What Documenso tells of a completed document with one recipient. The number is its envelope's id. */
function documensoDocument(): object {
  return {
    id: 204_117,
    envelopeId: `envelope_${numberPlace}`,
    externalId: 'contract-2041',
    userId: 7,
    authOptions: null,
    formValues: null,
    visibility: 'EVERYONE',
    title: '',
    status: 'COMPLETED',
    createdAt: '2026-03-02T09:14:07.311Z',
    updatedAt: '2026-03-02T11:40:52.078Z',
    completedAt: '2026-03-02T11:40:51.903Z',
    deletedAt: null,
    teamId: 12,
    templateId: null,
    source: 'DOCUMENT',
    recipients: [
      {
        id: 51_882,
        documentId: 204_117,
        email: 'signer@example.com',
        name: 'Robin Example',
        token: 'x7Jm2kQvN4sWc9TzLr3pB',
        expiresAt: null,
        signedAt: '2026-03-02T11:40:48.220Z',
        authOptions: null,
        signingOrder: 1,
        rejectionReason: null,
        role: 'SIGNER',
        readStatus: 'OPENED',
        signingStatus: 'SIGNED',
        sendStatus: 'SENT',
      },
    ],
  };
}

const sizeBytes = 1_024;

/** A numbered request of Documenso of 1 kB. */
export function documensoBody(): string {
  return ofOneKilobyte((payload) => ({
    event: 'DOCUMENT_COMPLETED',
    payload,
    createdAt: '2026-03-02T11:40:53.002Z',
    webhookEndpoint: 'https://hooks.example.com/in/documenso',
  }));
}

/** The same document as a numbered event of the API, of 1 kB too. */
export function documentEventBody(): string {
  return ofOneKilobyte((payload) => ({ type: 'DOCUMENT_COMPLETED', payload }));
}

function ofOneKilobyte(wrap: (payload: object) => object): string {
  const bare = JSON.stringify(wrap(documensoDocument()));
  return JSON.stringify(wrap({ ...documensoDocument(), title: 'x'.repeat(sizeBytes - bare.length) }));
}

/** What every Documenso source of the bench has. */
export const documensoSecret = 'bench-documenso-secret-0123456789';
export const documensoHeaders = { 'content-type': 'application/json', 'x-documenso-secret': documensoSecret };

/**
 * A DocuSign message of about `totalBytes` with a PDF inside, in two pieces: the first is the same for all messages of
 * one size, and the last names the envelope. Bytes like a PDF's do not compress.
 */
export function docusignBody(totalBytes: number): { before: Buffer; after: (envelope: number) => Buffer } {
  const pdf = randomBytes(Math.floor(totalBytes * 0.75) - 600);
  pdf.write('%PDF-1.7\n');
  const document = `{"documentId":"1","name":"contract.pdf","type":"content","PDFBytes":"${pdf.toString('base64')}"}`;
  const before = Buffer.from(
    `{"event":"envelope-completed","apiVersion":"v2.1","uri":"/restapi/v2.1/accounts/1/envelopes","retryCount":"0",` +
      `"configurationId":"10293847","generatedDateTime":"2026-03-02T11:40:53.0020000Z","data":{"accountId":"1",` +
      `"userId":"1","envelopeSummary":{"status":"completed","emailSubject":"Please sign",` +
      `"envelopeDocuments":[${document}]},"envelopeId":"`,
  );
  return { before, after: (envelope) => Buffer.from(`${String(envelope).padStart(36, '0')}"}}`) };
}
