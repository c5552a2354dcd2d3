import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { revokeMemberApiKeys } from '../teams/revoke-member-api-keys.ts';
import { auditedMember } from './audited-fields.rules.ts';
import { requireMayChange } from './member-change.rules.ts';
import { countMembers, markMemberRemoved } from './member.store.ts';
import { requireActiveMember } from './require-member.ts';
import { deleteSigner } from './signer.store.ts';

/**
 * Removes a person from a team: the keys of that member are revoked in the same transaction, and they sign for nothing.
 * What they did stays under their name. @throws Problem forbidden, last_owner, not_found
 */
export async function removeMember(ctx: Context, input: { teamId: string; memberId: string }): Promise<void> {
  const { teamId, memberId } = input;
  await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const member = await requireActiveMember(client, teamId, memberId);
    const { otherOwners } = await countMembers(client, teamId, memberId);
    requireMayChange(ctx.actor, { member, role: null, otherOwners });
    await markMemberRemoved(client, teamId, memberId);
    await deleteSigner(client, teamId, memberId);
    await revokeMemberApiKeys(ctx, client, { teamId, memberId });
    await recordChange(ctx, client, {
      teamId,
      action: 'member.removed',
      target: { kind: 'member', id: memberId },
      fields: auditedMember,
      before: { status: 'active' },
      after: { status: 'removed' },
    });
  });
}
