import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { Problem } from '../problem.ts';
import type { ArchivedDocument, DocumentState } from './archived-document.ts';
import { findDocumentOrRefuse } from './find-or-refuse.ts';
import { verifiedBody } from './served-body.ts';
import { recordVerification } from './verify-document.ts';

/**
 * A document's bytes, compared with their hash as they go out; the stream breaks off when they are not what was stored.
 * A document of one piece is compared before, so that its damage can still be told. What is found to be damaged or missing
 * is written down, and its team told.
 * @throws Problem not_found, document_damaged
 */
export async function readDocument(
  ctx: Pick<Context, 'database'> & {
    blobs: Pick<BlobStore, 'kept'>;
    verifyInMs: () => number;
    onTold: () => void;
    onError: (error: unknown) => void;
  },
  input: { teamId: string; documentId: string },
): Promise<{ document: ArchivedDocument; body: Readable }> {
  const { teamId } = input;
  const document = await readAsTeam(ctx.database, teamId, (database) =>
    findDocumentOrRefuse(database, teamId, input.documentId),
  );
  const record = async (state: DocumentState): Promise<void> => {
    if (await recordVerification(ctx, { teamId, document }, state)) ctx.onTold();
  };
  const refusal = (what: string): Problem =>
    new Problem(
      'document_damaged',
      `The bytes of ${document.id} are ${what}; retry ${document.jobId} to fetch them again.`,
    );
  const notStored = 'not those that were stored';
  const found = await ctx.blobs.kept.open(teamId, document.sha256);
  if (found !== null && found.sizeBytes === document.sizeBytes) {
    let isDamaged = false;
    const body = verifiedBody(found.stream, document.sha256, () => {
      isDamaged = true;
      void record('damaged').catch(ctx.onError);
    });
    try {
      await once(body, 'readable');
    } catch (error) {
      throw isDamaged ? refusal(notStored) : error;
    }
    return { document, body };
  }
  found?.stream.on('error', () => undefined).destroy();
  await record(found === null ? 'missing' : 'damaged');
  throw refusal(found === null ? 'missing' : notStored);
}
