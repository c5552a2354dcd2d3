import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import { listEndpointRows } from './endpoint.store.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';

/** Newest first. @throws Problem not_found */
export async function listEndpoints(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null },
): Promise<EndpointView[]> {
  await requireTeam(ctx.database, input.teamId);
  const stored = await listEndpointRows(ctx.database, input.teamId, input.limit, input.after);
  return stored.map((endpoint) => presentEndpoint(ctx.sealer, input.teamId, endpoint));
}
