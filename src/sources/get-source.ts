import { readAsTeam } from '../database/read-as-team.ts';
import { findSourceOrRefuse } from './find-or-refuse.ts';
import type { SourceView } from './present-source.ts';
import { presentSource } from './present-source.ts';
import type { SourceContext } from './source-change.ts';

/** @throws Problem not_found */
export async function getSource(
  ctx: Pick<SourceContext, 'database' | 'clock' | 'publicUrl'>,
  input: { teamId: string; sourceId: string },
): Promise<SourceView> {
  const { teamId, sourceId } = input;
  const stored = await readAsTeam(ctx.database, teamId, (database) => findSourceOrRefuse(database, teamId, sourceId));
  return presentSource(ctx, stored);
}
