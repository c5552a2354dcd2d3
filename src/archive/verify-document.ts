import { createHash } from 'node:crypto';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { damagedNews } from './archive-news.rules.ts';
import { putNews } from './archive-outbox.store.ts';
import type { ArchivedDocument, DocumentState } from './archived-document.ts';
import { type DocumentToVerify, markVerified } from './archived-document.store.ts';

type Kept = { blobs: Pick<BlobStore, 'kept'> };

/**
 * Reads a document's bytes and compares them with what was stored.
 * @throws BlobStoreError, or what broke the stream, when the store does not say either way.
 */
export async function inspectDocument(
  ctx: Kept,
  { teamId, document }: { teamId: string; document: Pick<ArchivedDocument, 'sha256' | 'sizeBytes'> },
): Promise<DocumentState> {
  const found = await ctx.blobs.kept.open(teamId, document.sha256);
  if (found === null) return 'missing';
  if (found.sizeBytes !== document.sizeBytes) {
    found.stream.on('error', () => undefined).destroy();
    return 'damaged';
  }
  const hash = createHash('sha256');
  for await (const chunk of found.stream as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex') === document.sha256 ? 'stored' : 'damaged';
}

/**
 * Writes what was found of a document, and tells its team when it was whole before and is not any more. `also` is written
 * in the same transaction.
 * @returns whether the team was told.
 */
export async function recordVerification(
  ctx: Pick<Context, 'database'> & { verifyInMs: () => number },
  { teamId, document }: DocumentToVerify,
  state: DocumentState,
  also?: (client: Parameters<Parameters<typeof inTransaction>[1]>[0]) => Promise<unknown>,
): Promise<boolean> {
  return inTransaction(ctx.database, async (client) => {
    const before = await markVerified(client, {
      teamId,
      documentId: document.id,
      state,
      verifyInMs: ctx.verifyInMs(),
    });
    const isNews = before === 'stored' && state !== 'stored';
    if (isNews) await putNews(client, [damagedNews(teamId, document, state)]);
    await also?.(client);
    return isNews;
  });
}
