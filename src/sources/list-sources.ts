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
  await requireTeam(ctx.database, input.teamId);
  const stored = await listSourceRows(ctx.database, input.teamId, input.limit, input.after);
  return stored.map((source) => presentSource(ctx, source));
}
