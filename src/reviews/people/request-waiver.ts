import { recordChange } from '../../audit/record-change.ts';
import { inTransaction } from '../../database/transaction.ts';
import { idPrefixes } from '../../ids/id.rules.ts';
import { requireActiveMember } from '../../members/require-member.ts';
import { Problem } from '../../problem.ts';
import { lockTeam } from '../../teams/require-team.ts';
import type { ReviewedCheck, ReviewView, WaiverOnRecord } from '../review.ts';
import { actingMember, memberIdOf } from './acting-member.ts';
import { auditedWaiver, waiverFacts } from './audited-people.rules.ts';
import type { PeopleContext } from './people-ports.ts';
import { refuseFaults } from './refuse-faults.ts';
import { requireOpen } from './require-open.ts';
import { faultsOfWaiver } from './waiver.rules.ts';
import { insertWaiver, listWaiverRows } from './waiver.store.ts';

export type WaiverRequest = {
  teamId: string;
  reviewId: string;
  checkId: string;
  /** Id; null takes the only one there is. */
  subject: string | null;
  /** Member who mends it meanwhile; null is who asks. */
  owner: string | null;
  reason: string;
  control: string;
  expiresAtMs: number;
};

/**
 * Asks for a waiver of a check that does not hold: it counts once somebody else has approved it.
 * @throws Problem forbidden, not_found, invalid_request, conflict, limit_reached
 */
export async function requestWaiver(ctx: PeopleContext, input: WaiverRequest): Promise<WaiverOnRecord> {
  const { teamId, reviewId, reason, control, expiresAtMs } = input;
  const requestedBy = memberIdOf(ctx.actor);
  const view = await ctx.reviews.view(teamId, reviewId);
  requireOpen(view.review);
  const { checkId, definition, subject } = findWaivable(view, input);
  const owner = input.owner ?? requestedBy;
  const requestedAtMs = Math.floor(ctx.clock.now());
  const id = ctx.ids.next(idPrefixes.waiver);
  const asked: WaiverOnRecord = {
    id,
    reviewId,
    checkId,
    requestedBy,
    owner,
    reason,
    control,
    requestedAtMs,
    expiresAtMs,
    subject: { kind: subject.kind, id: subject.id },
    approval: null,
    endedAtMs: null,
  };
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    await actingMember(client, teamId, ctx.actor);
    const standing = (await listWaiverRows(client, teamId, reviewId)).filter(
      (waiver) => waiver.endedAtMs === null && waiver.expiresAtMs > requestedAtMs,
    );
    const other = standing.find((waiver) => waiver.checkId === checkId && waiver.subject.id === subject.id);
    if (other !== undefined) {
      throw new Problem('conflict', `There is a waiver of it already: ${other.id}. Take that one back first.`);
    }
    const room = { cap: view.review.waiverCap, standing: standing.length };
    refuseFaults('The waiver', faultsOfWaiver(asked, definition.severity, room));
    await requireActiveMember(client, teamId, owner);
    await insertWaiver(client, teamId, asked);
    await recordChange(ctx, client, {
      teamId,
      action: 'waiver.requested',
      target: { kind: 'waiver', id },
      fields: auditedWaiver,
      after: waiverFacts(asked),
    });
    return asked;
  });
}

/** Of these a review may have none: its check stands once, under the kind in place of an id. */
const integrationKinds: ReadonlySet<string> = new Set(['source', 'endpoint', 'connection']);
const holding: ReadonlySet<string> = new Set(['passed', 'attested', 'not-applicable']);

function findWaivable(
  view: ReviewView,
  { checkId, subject }: Pick<WaiverRequest, 'checkId' | 'subject'>,
): ReviewedCheck {
  const found = view.checks.filter(
    (check) => check.checkId === checkId && (subject === null || check.subject.id === subject),
  );
  const [only, ...others] = found;
  if (only === undefined) throw new Problem('not_found', `${checkId} is not part of this review, or not so.`);
  if (others.length > 0) {
    throw new Problem('invalid_request', `${checkId} is waived for one ${only.definition.subject}.`, {
      errors: [{ pointer: '/subject', message: `has to be named: there are ${found.length} it can be about` }],
    });
  }
  if (only.evidence === null && integrationKinds.has(only.subject.kind) && only.subject.id === only.subject.kind) {
    const detail = `${checkId} is about a ${only.subject.kind}, and this review has none: add it, or answer the review's questions.`;
    throw new Problem('conflict', detail);
  }
  if (holding.has(only.state)) {
    throw new Problem('conflict', `${checkId} is ${only.state}: there is nothing to waive.`);
  }
  return only;
}
