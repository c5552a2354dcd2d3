import { recordChange } from '../../audit/record-change.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import { actingMember, isManager } from './acting-member.ts';
import { noteOnAttestation, type StoredAttestation } from './attestation.store.ts';
import { auditedTurn } from './audited-people.rules.ts';
import { requireAttestation } from './require-attestation.ts';

/**
 * Takes an attestation back: it counts no more, nor does what was said before it. By its author, by who confirmed it, or by
 * an owner or admin.
 * @throws Problem forbidden, not_found, conflict
 */
export async function withdrawAttestation(
  ctx: Context,
  { teamId, id }: { teamId: string; id: string },
): Promise<StoredAttestation> {
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const member = await actingMember(client, teamId, ctx.actor);
    const before = await requireAttestation(client, teamId, id);
    if (before.withdrawn !== null) throw new Problem('conflict', 'It was taken back already.');
    if (before.author !== member.id && before.review?.by !== member.id && !isManager(member)) {
      throw new Problem('forbidden', 'It is taken back by its author, by who confirmed it, or by an owner or admin.');
    }
    const withdrawn = { by: member.id, atMs: Math.floor(ctx.clock.now()) };
    await noteOnAttestation(client, { teamId, id, turn: 'withdrawn', ...withdrawn });
    await recordChange(ctx, client, {
      teamId,
      action: 'attestation.withdrawn',
      target: { kind: 'attestation', id },
      fields: auditedTurn,
      before: { check: before.checkId, status: before.review === null ? 'attested' : 'confirmed' },
      after: { check: before.checkId, status: 'taken back' },
    });
    return { ...before, withdrawn };
  });
}
