import { type AuditContext, recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import type { Context } from '../context.ts';
import type { GatewayReviewContext } from './review-context.ts';
import type { ReviewedCheck, ReviewView } from './review.ts';
import { requireReview } from './require-review.ts';
import { confirmSnapshot, insertSnapshot, listSnapshotRows, type Snapshot } from './snapshot.store.ts';
import { viewReview } from './view-review.ts';

type Asked = Pick<Context, 'actor' | 'requestId' | 'address'>;

/**
 * Measures what the gateway decides by itself of a review: its checks, for its subjects. How it stands then is noted.
 * @param input.by who asks; null: the gateway by itself
 * @param input.choose which of its checks; all of them where it is left out
 * @throws Problem not_found
 */
export async function runReview(
  ctx: GatewayReviewContext,
  input: {
    teamId: string;
    reviewId: string;
    by: Asked | null;
    choose?: (checks: readonly ReviewedCheck[]) => readonly ReviewedCheck[];
  },
): Promise<ReviewView> {
  const { choose = (all) => all, by, teamId } = input;
  const { checks } = await viewReview(ctx, input);
  const wanted = choose(checks)
    .filter(({ next }) => next === 'run')
    .map(({ checkId, subject }) => ({ checkId, subjectId: subject.id }));
  if (wanted.length > 0) await ctx.reviewing.readiness.measure(teamId, wanted);
  const view = await viewReview(ctx, input);
  await noteSnapshot(ctx, view, by);
  return view;
}

/** Notes how a review stands. What the gateway finds unchanged by itself only confirms the newest snapshot. */
async function noteSnapshot(ctx: GatewayReviewContext, view: ReviewView, by: Asked | null): Promise<void> {
  const { id: reviewId, teamId } = view.review;
  const snapshot = snapshotOf(view, {
    id: ctx.ids.next(idPrefixes.reviewSnapshot),
    atMs: Math.floor(ctx.clock.now()),
    takenBy: by === null ? 'posthorn' : actorName(by.actor),
  });
  await inTransaction(ctx.database, async (client) => {
    await requireReview(client, teamId, reviewId, 'locked');
    const [newest] = await listSnapshotRows(client, { teamId, reviewId, limit: 1, after: null, untilMs: null });
    const isSame = newest?.evidenceHash === snapshot.evidenceHash && newest.passed === snapshot.passed;
    if (by === null && newest !== undefined && isSame) {
      await confirmSnapshot(client, { teamId, reviewId, id: newest.id, atMs: snapshot.takenAtMs });
      return;
    }
    await insertSnapshot(client, { teamId, reviewId, snapshot });
    if (by === null) return;
    const audit: AuditContext = { ids: ctx.ids, clock: ctx.clock, ...by };
    await recordChange(audit, client, {
      teamId,
      action: 'review.run',
      target: { kind: 'review', id: reviewId },
      fields: { snapshot: 'shown', evidenceHash: 'shown', passed: 'shown' },
      after: { snapshot: snapshot.id, evidenceHash: snapshot.evidenceHash, passed: snapshot.passed },
    });
  });
}

/** A view as it is kept. */
function snapshotOf(view: ReviewView, made: { id: string; atMs: number; takenBy: string }): Snapshot {
  const evidence = view.checks.flatMap(({ checkId, subject, evidence: newest }) =>
    newest === null ? [] : [[`${checkId} ${subject.id}`, newest.id] as const],
  );
  return {
    id: made.id,
    takenAtMs: made.atMs,
    confirmedAtMs: made.atMs,
    takenBy: made.takenBy,
    evidenceHash: view.evidenceHash,
    passed: view.verdict.passed,
    evidenceSet: view.evidenceSet,
    evidenceIds: Object.fromEntries(evidence),
  };
}
