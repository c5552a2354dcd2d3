import { recordChange } from '../audit/record-change.ts';
import type { Context, Role } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedMember, memberFacts } from './audited-fields.rules.ts';
import { emailKey } from './email.rules.ts';
import { requireMayChange } from './member-change.rules.ts';
import { countMembers, replaceMember } from './member.store.ts';
import type { Member } from './member.ts';
import { requireFreeEmail } from './require-free-email.ts';
import { requireActiveMember } from './require-member.ts';
import { grantsOf } from './role-permissions.rules.ts';
import { deleteSigner } from './signer.store.ts';

/**
 * Changes what is given. Another role is that of the member's keys with their next request; who may not sign any more is
 * named for nothing.
 * @throws Problem forbidden, last_owner, conflict, not_found
 */
export async function changeMember(
  ctx: Context,
  input: {
    teamId: string;
    memberId: string;
    name?: string | undefined;
    email?: string | undefined;
    role?: Role | undefined;
  },
): Promise<Member> {
  const { teamId, memberId } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await requireActiveMember(client, teamId, memberId);
    const { name = before.name, email = before.email, role = before.role } = input;
    const { otherOwners } = await countMembers(client, teamId, memberId);
    requireMayChange(ctx.actor, { member: before, role, otherOwners });
    await requireFreeEmail(client, teamId, email, memberId);
    const after = await replaceMember(client, teamId, memberId, { name, email, emailKey: emailKey(email), role });
    if (!grantsOf(role).has('reviews:sign')) await deleteSigner(client, teamId, memberId);
    await recordChange(ctx, client, {
      teamId,
      action: 'member.changed',
      target: { kind: 'member', id: memberId },
      fields: auditedMember,
      before: memberFacts(before),
      after: memberFacts(after),
    });
    return after;
  });
}
