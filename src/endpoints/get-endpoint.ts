import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { findEndpointOrRefuse } from './find-or-refuse.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';

/** @throws Problem not_found */
export async function getEndpoint(ctx: Context, input: { teamId: string; endpointId: string }): Promise<EndpointView> {
  const { teamId, endpointId } = input;
  const stored = await readAsTeam(ctx.database, teamId, (database) =>
    findEndpointOrRefuse(database, teamId, endpointId),
  );
  return presentEndpoint(ctx.sealer, teamId, stored);
}
