import type { Context } from '../context.ts';
import type { ArchivedDocument } from './archived-document.ts';
import { findDocumentOrRefuse } from './find-or-refuse.ts';

/** @throws Problem not_found */
export function getDocument(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; documentId: string },
): Promise<ArchivedDocument> {
  return findDocumentOrRefuse(ctx.database, input.teamId, input.documentId);
}
