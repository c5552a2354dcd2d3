import type { DeliveryState } from '../delivery/delivery-filter.ts';
import { createReplay, type ReplayContext } from './create-replay.ts';
import type { Replay } from './replay.ts';

/**
 * Replays what an endpoint missed since a moment; without states, what is dead.
 * @throws Problem not_found
 */
export function recoverEndpoint(
  ctx: ReplayContext,
  input: { teamId: string; endpointId: string; sinceMs: number; states?: readonly DeliveryState[] | undefined },
): Promise<Replay> {
  const { teamId, endpointId, sinceMs, states } = input;
  return createReplay(ctx, { teamId, filter: { endpointId, sinceMs, states } });
}
