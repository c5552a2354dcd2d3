import type { Context } from '../context.ts';
import { findEndpointOrRefuse } from './find-or-refuse.ts';
import type { EndpointView } from './present-endpoint.ts';
import { presentEndpoint } from './present-endpoint.ts';

/** @throws Problem not_found */
export async function getEndpoint(ctx: Context, input: { teamId: string; endpointId: string }): Promise<EndpointView> {
  const stored = await findEndpointOrRefuse(ctx.database, input.teamId, input.endpointId);
  return presentEndpoint(ctx.sealer, input.teamId, stored);
}
