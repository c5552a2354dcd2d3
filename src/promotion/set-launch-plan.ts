import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { listMembers } from '../members/list-members.ts';
import { Problem } from '../problem.ts';
import type { Reviews } from '../reviews/review.ts';
import { lockTeam } from '../teams/require-team.ts';
import { auditedPlan } from './audited-fields.rules.ts';
import type { LaunchPlan, PlanOnRecord } from './launch-plan.ts';
import { planProblems } from './launch-plan.rules.ts';
import { insertPlan, listPlanRows } from './launch-plan.store.ts';

export type PlanContext = Context & { reviews: Pick<Reviews, 'view'>; checkIds: () => ReadonlySet<string> };
type Place = { teamId: string; reviewId: string };

const mostVersions = 500;

/** The version in force, and who set which before. @throws Problem not_found */
export async function getLaunchPlan(ctx: PlanContext, place: Place): Promise<PlanOnRecord & { versions: number }> {
  await requireReview(ctx, place);
  const [newest] = await readAsTeam(ctx.database, place.teamId, (database) =>
    listPlanRows(database, place.teamId, place.reviewId, 1),
  );
  if (newest === undefined) throw new Problem('not_found', `${place.reviewId} has no launch plan: set one.`);
  return { ...newest, versions: newest.version };
}

/**
 * Sets a review's launch plan as a new version; those before stay on record.
 * @param input.version the one that it was made from; 0 for the first
 * @throws Problem invalid_request, conflict, limit_reached, not_found
 */
export async function setLaunchPlan(
  ctx: PlanContext,
  input: Place & { version: number; plan: LaunchPlan },
): Promise<PlanOnRecord & { versions: number }> {
  const { teamId, reviewId, version, plan } = input;
  const { review } = await requireReview(ctx, input);
  const members = await listMembers(ctx, { teamId, limit: 500, after: null, status: 'active' });
  const errors = planProblems(plan, {
    members: new Set(members.map(({ id }) => id)),
    checks: ctx.checkIds(),
    connections: new Set(review.integration.connections),
  });
  if (errors.length > 0) {
    const placed = errors.map(({ pointer, message }) => ({ pointer: `/plan${pointer}`, message }));
    throw new Problem('invalid_request', 'The launch plan cannot be as it is; each error says where.', {
      errors: placed,
    });
  }
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const [before] = await listPlanRows(client, teamId, reviewId, 1);
    if ((before?.version ?? 0) !== version) {
      const detail = `The plan is at version ${before?.version ?? 0} by now: read it again, and change that.`;
      throw new Problem('conflict', detail);
    }
    if (version >= mostVersions) throw new Problem('limit_reached', `A plan has at most ${mostVersions} versions.`);
    const setAt = new Date(ctx.clock.now()).toISOString();
    const after = { version: version + 1, plan, setBy: actorName(ctx.actor), setAt };
    await insertPlan(client, input, after);
    await recordChange(ctx, client, {
      teamId,
      action: 'launch-plan.set',
      target: { kind: 'review', id: reviewId },
      fields: auditedPlan,
      before: before === undefined ? null : factsOf(before),
      after: factsOf(after),
    });
    return { ...after, versions: after.version };
  });
}

/** What decides on going live and on going back is shown, so that whoever loosens it is seen. */
function factsOf({ version, plan }: PlanOnRecord) {
  return { version, plan, criteria: plan.criteria, thresholds: plan.thresholds };
}

async function requireReview(ctx: PlanContext, { teamId, reviewId }: Place) {
  if (!isId(idPrefixes.review, reviewId)) throw new Problem('not_found', `There is no review ${reviewId}.`);
  return ctx.reviews.view(teamId, reviewId);
}
