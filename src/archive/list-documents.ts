import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { ArchivedDocument } from './archived-document.ts';
import { type DocumentFilter, listDocumentRows } from './archived-document.store.ts';

/** Newest first. @throws Problem not_found */
export async function listDocuments(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; filter: DocumentFilter; limit: number; after: string | null },
): Promise<ArchivedDocument[]> {
  await requireTeam(ctx.database, input.teamId);
  return listDocumentRows(ctx.database, input);
}
