import { createHash } from 'node:crypto';
import type { BlobStore } from '../blobs/blob-store.ts';
import { type PdfSignatures, readPdfSignatures } from '../pdf-signatures/read-pdf-signatures.ts';
import type { ArchivedDocument, DocumentState } from './archived-document.ts';
import { inspectDocument } from './verify-document.ts';

/** A document as its bytes show it now. `signatures` null: they were not read, as it is not whole, no PDF, or too large. */
export type ExaminedDocument = { state: DocumentState; signatures: PdfSignatures | null };

/** Larger ones are hashed in flat memory, and their signatures are not read. */
const readBytesMost = 32 * 1024 * 1024;

/**
 * Reads a document's bytes, compares them with what was stored, and reads the signatures in a PDF of up to 32 MiB. Changes
 * nothing: what is found is not written down.
 * @throws BlobStoreError, or what broke the stream, when the store does not say either way.
 */
export async function examineDocument(
  ctx: { blobs: Pick<BlobStore, 'kept'> },
  input: { teamId: string; document: Pick<ArchivedDocument, 'sha256' | 'sizeBytes' | 'contentType'> },
): Promise<ExaminedDocument> {
  const { teamId, document } = input;
  if (document.contentType !== 'application/pdf' || document.sizeBytes > readBytesMost) {
    return { state: await inspectDocument(ctx, input), signatures: null };
  }
  const found = await ctx.blobs.kept.open(teamId, document.sha256);
  if (found === null) return { state: 'missing', signatures: null };
  if (found.sizeBytes !== document.sizeBytes) {
    found.stream.on('error', () => undefined).destroy();
    return { state: 'damaged', signatures: null };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of found.stream as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (createHash('sha256').update(bytes).digest('hex') !== document.sha256)
    return { state: 'damaged', signatures: null };
  return { state: 'stored', signatures: readPdfSignatures(bytes) };
}
