import { recordChange } from '../../audit/record-change.ts';
import { inTransaction } from '../../database/transaction.ts';
import { idPrefixes } from '../../ids/id.rules.ts';
import { listSigners } from '../../members/list-signers.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import type { SignOffOnRecord } from '../review.ts';
import { actingMember, memberIdOf } from './acting-member.ts';
import { auditedSignOff, signOffFacts } from './audited-people.rules.ts';
import type { PeopleContext } from './people-ports.ts';
import { requireOpen } from './require-open.ts';
import { refuseSignOff, type SigningFacts } from './sign-off.rules.ts';
import { insertSignOff, listSignOffRows } from './sign-off.store.ts';

/**
 * A member signs for a duty that they are named for: the evidence set as they were shown it. What changes meanwhile makes
 * the signature fall, or refuses it.
 * @param input.evidenceHash of what the signer was shown
 * @throws Problem forbidden, not_found, invalid_request, evidence_changed, conflict
 */
export async function signReview(
  ctx: PeopleContext,
  input: { teamId: string; reviewId: string; duty: string; evidenceHash: string; remark: string | null },
): Promise<SignOffOnRecord> {
  const { teamId, reviewId, duty, evidenceHash, remark } = input;
  const memberId = memberIdOf(ctx.actor);
  const view = await ctx.reviews.view(teamId, reviewId);
  requireOpen(view.review);
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    await actingMember(client, teamId, ctx.actor);
    const named = await listSigners({ database: client }, { teamId });
    const facts: SigningFacts = {
      evidenceHash: view.evidenceHash,
      signers: new Map(named.map((each) => [each.duty, each.members])),
    };
    const standing = await listSignOffRows(client, teamId, reviewId);
    const signed = standing.filter(({ withdrawnAtMs }) => withdrawnAtMs === null);
    const draft = { duty, memberId, seenHash: evidenceHash };
    const refusal = refuseSignOff(draft, { ...facts, required: view.requiredDuties, signed });
    if (refusal !== null) throw problemOf(refusal, draft, facts, view.requiredDuties);
    const signedAtMs = Math.floor(ctx.clock.now());
    const id = ctx.ids.next(idPrefixes.signOff);
    const signOff = { id, reviewId, duty, memberId, evidenceHash, signedAtMs, remark };
    await insertSignOff(client, { teamId, signOff, evidenceSet: view.evidenceSet });
    await recordChange(ctx, client, {
      teamId,
      action: 'review.signed',
      target: { kind: 'sign-off', id },
      fields: auditedSignOff,
      after: signOffFacts(signOff),
    });
    return signOff;
  });
}

function problemOf(
  refusal: string,
  draft: { duty: string; memberId: string; seenHash: string },
  facts: SigningFacts,
  required: readonly string[],
): Problem {
  if (!required.includes(draft.duty)) {
    const message = required.length === 0 ? 'is signed for by nobody' : `is none of ${required.join(', ')}`;
    return new Problem('invalid_request', refusal, { errors: [{ pointer: '/duty', message }] });
  }
  if (facts.signers.get(draft.duty)?.includes(draft.memberId) !== true) return new Problem('forbidden', refusal);
  if (draft.seenHash !== facts.evidenceHash) return new Problem('evidence_changed', refusal);
  return new Problem('conflict', refusal);
}
