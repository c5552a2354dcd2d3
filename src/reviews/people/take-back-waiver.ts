import { recordChange } from '../../audit/record-change.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import type { WaiverOnRecord } from '../review.ts';
import { actingMember, isManager } from './acting-member.ts';
import { auditedTurn } from './audited-people.rules.ts';
import { requireWaiver } from './require-waiver.ts';
import { noteOnWaiver } from './waiver.store.ts';

/**
 * Ends a waiver, approved or not: by who asked for it, who owns it or approved it, or an owner or admin of the team.
 * @throws Problem forbidden, not_found, conflict
 */
export async function takeBackWaiver(
  ctx: Context,
  input: { teamId: string; reviewId: string; id: string },
): Promise<WaiverOnRecord> {
  const { teamId, id } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const member = await actingMember(client, teamId, ctx.actor);
    const before = await requireWaiver(client, input);
    if (before.endedAtMs !== null) throw new Problem('conflict', 'It has ended already.');
    const involved = [before.requestedBy, before.owner, before.approval?.by];
    if (!involved.includes(member.id) && !isManager(member)) {
      throw new Problem(
        'forbidden',
        'It is taken back by who asked for it, owns or approved it, or an owner or admin.',
      );
    }
    const atMs = Math.floor(ctx.clock.now());
    await noteOnWaiver(client, { teamId, id, turn: 'ended', by: member.id, atMs });
    await recordChange(ctx, client, {
      teamId,
      action: 'waiver.taken-back',
      target: { kind: 'waiver', id },
      fields: auditedTurn,
      before: { check: before.checkId, status: before.approval === null ? 'asked for' : 'approved' },
      after: { check: before.checkId, status: 'taken back' },
    });
    return { ...before, endedAtMs: atMs };
  });
}
