import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import { listEndpointRows } from './endpoint.store.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';

/** Newest first. @throws Problem not_found */
export async function listEndpoints(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null },
): Promise<EndpointView[]> {
  const { teamId, limit, after } = input;
  const stored = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return listEndpointRows(database, teamId, limit, after);
  });
  return stored.map((endpoint) => presentEndpoint(ctx.sealer, teamId, endpoint));
}
