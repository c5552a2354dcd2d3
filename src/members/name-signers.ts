import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedSigners } from './audited-fields.rules.ts';
import type { Duty } from './duties.rules.ts';
import type { Signers } from './list-signers.ts';
import { requireActiveMember } from './require-member.ts';
import { grantsOf } from './role-permissions.rules.ts';
import { listSignerRows, replaceSigners } from './signer.store.ts';

/**
 * Names who signs reviews for a duty, in place of whoever did: members whose role may sign.
 * @throws Problem invalid_request, not_found
 */
export async function nameSigners(
  ctx: Context,
  input: { teamId: string; duty: Duty; members: readonly string[] },
): Promise<Signers> {
  const { teamId, duty } = input;
  const members = [...new Set(input.members)].sort();
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    for (const memberId of members) {
      const { role } = await requireActiveMember(client, teamId, memberId);
      if (!grantsOf(role).has('reviews:sign')) {
        throw new Problem(
          'invalid_request',
          `The role ${role} of ${memberId} does not sign: give them another first.`,
          {
            errors: [{ pointer: `/members/${input.members.indexOf(memberId)}`, message: 'may not sign' }],
          },
        );
      }
    }
    const before = (await listSignerRows(client, teamId)).get(duty) ?? [];
    await replaceSigners(client, teamId, duty, members);
    await recordChange(ctx, client, {
      teamId,
      action: 'signers.named',
      target: { kind: 'duty', id: duty },
      fields: auditedSigners,
      before: { members: before },
      after: { members },
    });
    return { duty, members };
  });
}
