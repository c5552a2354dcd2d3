import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import type { DeliveryFilter } from '../delivery/delivery-filter.ts';
import type { OnQueued } from '../delivery/resend-delivery.ts';
import { requireEndpoint } from '../endpoints/require-endpoint.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Replay } from './replay.ts';
import { findReplay, insertReplay } from './replay.store.ts';
import { workReplayPage } from './work-replay-page.ts';

export type ReplayContext = AuditContext &
  Pick<Context, 'database'> & {
    onQueued: OnQueued;
    /** A replay is running: the worker is wanted. */
    onReplay: () => void;
  };

/** How long a dry run may count before it answers; the worker counts on. */
const dryRunMaxMs = 2_000;
/** Another node's ids may be this much ahead of our clock. */
const idsAheadMs = 1_000;

/**
 * Starts a replay over everything that the filter chooses among the deliveries accepted so far; without states, over
 * dead ones. A dry run is answered with its count, or still `running` when that takes longer than two seconds.
 * @throws Problem invalid_request for a filter that nothing can fit, not_found for the team or the filter's endpoint
 */
export async function createReplay(
  ctx: ReplayContext,
  input: { teamId: string; filter: DeliveryFilter; dryRun?: boolean | undefined; ratePerSecond?: number | undefined },
): Promise<Replay> {
  const { teamId, dryRun = false } = input;
  refuseEmptySpan(input.filter);
  await requireTeam(ctx.database, teamId);
  const { endpointId } = input.filter;
  if (endpointId !== undefined) await requireEndpoint(ctx.database, teamId, endpointId);
  const nowMs = ctx.clock.now();
  const filter: DeliveryFilter = {
    ...input.filter,
    states: input.filter.states ?? ['dead'],
    untilMs: Math.floor(Math.min(input.filter.untilMs ?? Infinity, nowMs + idsAheadMs)),
  };
  const asked = { filter, dryRun, ratePerSecond: input.ratePerSecond ?? null };
  const replay = await inTransaction(ctx.database, async (client) => {
    const made = await insertReplay(client, { id: ctx.ids.next(idPrefixes.replay), teamId, ...asked });
    await recordChange(ctx, client, {
      teamId,
      action: 'replay.created',
      target: { kind: 'replay', id: made.id },
      fields: { filter: 'shown', dryRun: 'shown', ratePerSecond: 'shown' },
      after: asked,
    });
    return made;
  });
  if (dryRun) {
    for (;;) {
      const worked = await workReplayPage(ctx, { teamId, replayId: replay.id });
      if (worked === null || worked.finished || ctx.clock.now() - nowMs > dryRunMaxMs) break;
    }
  }
  const current = dryRun ? ((await findReplay(ctx.database, teamId, replay.id)) ?? replay) : replay;
  if (current.state === 'running') ctx.onReplay();
  return current;
}

/** It would choose nothing, and look as if there were nothing. */
function refuseEmptySpan({ sinceMs, untilMs }: DeliveryFilter): void {
  if (sinceMs === undefined || untilMs === undefined || sinceMs < untilMs) return;
  const errors = [{ pointer: '/filter/until', message: 'must be later than since' }];
  throw new Problem('invalid_request', 'No event can be accepted at or after since and before until.', { errors });
}
