import { recordChange } from '../../audit/record-change.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import { actingMember } from './acting-member.ts';
import { refuseReview } from './attestation.rules.ts';
import { noteOnAttestation, type StoredAttestation } from './attestation.store.ts';
import { auditedTurn } from './audited-people.rules.ts';
import { requireAttestation } from './require-attestation.ts';

/** A member other than its author looked at an attestation, and agrees. @throws Problem forbidden, not_found, conflict */
export async function confirmAttestation(
  ctx: Context,
  { teamId, id }: { teamId: string; id: string },
): Promise<StoredAttestation> {
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const { id: by } = await actingMember(client, teamId, ctx.actor);
    const before = await requireAttestation(client, teamId, id);
    const atMs = Math.floor(ctx.clock.now());
    if (before.withdrawn !== null) throw new Problem('conflict', 'It was taken back: there is nothing to confirm.');
    const refusal = refuseReview(before, by, atMs);
    if (refusal !== null && before.author === by) throw new Problem('forbidden', refusal);
    if (refusal !== null) throw new Problem('conflict', refusal);
    await noteOnAttestation(client, { teamId, id, turn: 'reviewed', by, atMs });
    await recordChange(ctx, client, {
      teamId,
      action: 'attestation.confirmed',
      target: { kind: 'attestation', id },
      fields: auditedTurn,
      after: { check: before.checkId, status: 'confirmed' },
    });
    return { ...before, review: { by, atMs } };
  });
}
