import { recordChange } from '../../audit/record-change.ts';
import type { Context } from '../../context.ts';
import { inTransaction } from '../../database/transaction.ts';
import { idPrefixes, isId } from '../../ids/id.rules.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import { actingMember } from './acting-member.ts';
import { auditedTurn } from './audited-people.rules.ts';
import { listSignOffRows, noteSignOffWithdrawn, type StoredSignOff } from './sign-off.store.ts';

/** A member takes a signature of their own back. @throws Problem forbidden, not_found, conflict */
export async function withdrawSignOff(
  ctx: Context,
  input: { teamId: string; reviewId: string; id: string },
): Promise<StoredSignOff> {
  const { teamId, reviewId, id } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const { id: memberId } = await actingMember(client, teamId, ctx.actor);
    const all = isId(idPrefixes.review, reviewId) ? await listSignOffRows(client, teamId, reviewId) : [];
    const before = all.find((signOff) => signOff.id === id);
    if (before === undefined) throw new Problem('not_found', `There is no sign-off ${id} of this review.`);
    if (before.memberId !== memberId) throw new Problem('forbidden', 'A signature is taken back by who gave it.');
    if (before.withdrawnAtMs !== null) throw new Problem('conflict', 'It was taken back already.');
    const atMs = Math.floor(ctx.clock.now());
    await noteSignOffWithdrawn(client, { teamId, id, atMs });
    await recordChange(ctx, client, {
      teamId,
      action: 'sign-off.withdrawn',
      target: { kind: 'sign-off', id },
      fields: auditedTurn,
      before: { status: 'signed' },
      after: { status: 'taken back' },
    });
    return { ...before, withdrawnAtMs: atMs };
  });
}
