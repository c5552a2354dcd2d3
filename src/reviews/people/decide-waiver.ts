import { recordChange } from '../../audit/record-change.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import type { WaiverOnRecord } from '../review.ts';
import { actingMember } from './acting-member.ts';
import { auditedTurn } from './audited-people.rules.ts';
import { requireWaiver } from './require-waiver.ts';
import { refuseApproval } from './waiver.rules.ts';
import { noteOnWaiver } from './waiver.store.ts';

/**
 * Approves a waiver, or refuses it: by a member who neither asked for it nor owns it, once, while it waits.
 * @throws Problem forbidden, not_found, conflict
 */
export async function decideWaiver(
  ctx: Context,
  input: { teamId: string; reviewId: string; id: string; decision: 'approve' | 'refuse' },
): Promise<WaiverOnRecord> {
  const { teamId, id, decision } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const { id: by } = await actingMember(client, teamId, ctx.actor);
    const before = await requireWaiver(client, input);
    const atMs = Math.floor(ctx.clock.now());
    if (before.endedAtMs !== null) throw new Problem('conflict', 'It was refused or taken back: ask for a new one.');
    const refusal = refuseApproval(before, by, atMs);
    if (refusal !== null && [before.requestedBy, before.owner].includes(by)) throw new Problem('forbidden', refusal);
    if (refusal !== null) throw new Problem('conflict', refusal);
    const isApproved = decision === 'approve';
    await noteOnWaiver(client, { teamId, id, turn: isApproved ? 'approved' : 'ended', by, atMs });
    await recordChange(ctx, client, {
      teamId,
      action: isApproved ? 'waiver.approved' : 'waiver.refused',
      target: { kind: 'waiver', id },
      fields: auditedTurn,
      after: { check: before.checkId, status: isApproved ? 'approved' : 'refused' },
    });
    return isApproved ? { ...before, approval: { by, atMs } } : { ...before, endedAtMs: atMs };
  });
}
