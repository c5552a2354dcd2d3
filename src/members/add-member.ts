import { recordChange } from '../audit/record-change.ts';
import type { Context, Role } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { actorName } from './actor-name.rules.ts';
import { auditedMember, memberFacts } from './audited-fields.rules.ts';
import { emailKey } from './email.rules.ts';
import { requireMayChange } from './member-change.rules.ts';
import { countMembers, insertMember } from './member.store.ts';
import type { Member } from './member.ts';
import { requireFreeEmail } from './require-free-email.ts';

const mostMembers = 500;

/** Adds a person to a team. @throws Problem forbidden, conflict, limit_reached, not_found */
export async function addMember(
  ctx: Context,
  input: { teamId: string; name: string; email: string; role: Role },
): Promise<Member> {
  const { teamId, name, email, role } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const { members, otherOwners } = await countMembers(client, teamId, null);
    requireMayChange(ctx.actor, { member: null, role, otherOwners });
    if (members >= mostMembers) {
      throw new Problem('limit_reached', `A team has at most ${mostMembers} members: remove one that left.`);
    }
    await requireFreeEmail(client, teamId, email, null);
    const id = ctx.ids.next(idPrefixes.member);
    const fields = { name, email, emailKey: emailKey(email), role };
    const added = await insertMember(client, { teamId, id, invitedBy: actorName(ctx.actor), fields });
    await recordChange(ctx, client, {
      teamId,
      action: 'member.added',
      target: { kind: 'member', id },
      fields: auditedMember,
      after: memberFacts(added),
    });
    return added;
  });
}
