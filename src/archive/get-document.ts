import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import type { ArchivedDocument } from './archived-document.ts';
import { findDocumentOrRefuse } from './find-or-refuse.ts';

/** @throws Problem not_found */
export function getDocument(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; documentId: string },
): Promise<ArchivedDocument> {
  const { teamId, documentId } = input;
  return readAsTeam(ctx.database, teamId, (database) => findDocumentOrRefuse(database, teamId, documentId));
}
