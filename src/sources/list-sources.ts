import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { SourceView } from './present-source.ts';
import { presentSource } from './present-source.ts';
import type { SourceContext } from './source-change.ts';
import { listSourceRows } from './source.store.ts';

/** Newest first. @throws Problem not_found */
export async function listSources(
  ctx: SourceContext,
  input: { teamId: string; limit: number; after: string | null },
): Promise<SourceView[]> {
  const { teamId, limit, after } = input;
  const stored = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return listSourceRows(database, teamId, limit, after);
  });
  return stored.map((source) => presentSource(ctx, source));
}
