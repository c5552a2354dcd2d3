import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { ArchivedDocument } from './archived-document.ts';
import { type DocumentFilter, listDocumentRows } from './archived-document.store.ts';

/** Newest first. @throws Problem not_found */
export async function listDocuments(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; filter: DocumentFilter; limit: number; after: string | null },
): Promise<ArchivedDocument[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listDocumentRows(database, input);
  });
}
