import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { tellTeam } from '../operations/tell-team.ts';
import { Problem } from '../problem.ts';
import { findingOfReview } from '../readiness/finding-of-review.rules.ts';
import type { ReviewedCheck, ReviewView } from '../reviews/review.ts';
import { keyOfCheck } from './check-key.rules.ts';
import { readDay } from './figures.store.ts';
import { measureLastHour } from './last-hour.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { listPlanRows } from './launch-plan.store.ts';
import type { PromotionServices } from './promotion-services.ts';
import { listLive } from './promotion.store.ts';
import { saveDay } from './watch-day.store.ts';
import type { Measure, Watch, WatchFinding, WatchLook } from './watch.ts';
import { checkFindings, dayOf, limitFindings, phaseAt, restMs, type WatchedCheck } from './watch.rules.ts';
import { saveLook } from './watch.store.ts';

const dayMs = 86_400_000;
/** After a look that failed. */
const soonMs = 60_000;
const findingsMost = 50;

/**
 * Looks at a promoted review once: measures its checks, sets figures against limits, and puts both on record. A limit that
 * is crossed, a check that failed and evidence that went stale reopen the review; each crossing is an operational event.
 */
export async function lookAt(services: PromotionServices, watch: Watch): Promise<WatchLook> {
  const { database, clock } = services;
  const { teamId, reviewId } = watch;
  const nowMs = clock.now();
  const phase = phaseAt(watch.startedAtMs, nowMs);
  const [onRecord] = await listPlanRows(database, teamId, reviewId, 1);
  const plan = onRecord?.plan ?? null;
  const thresholds = plan?.thresholds ?? [];
  const live = await listLive(database, teamId, reviewId);
  const isLive = live.length > 0;
  const view = await measure(services, watch, isLive);
  const integration = view?.review.integration ?? { sources: [], endpoints: [], connections: [] };
  const { exceeded, startedAtMs: launchedAtMs } = watch;
  const measures = await measureLastHour(database, {
    teamId,
    integration,
    thresholds,
    exceeded,
    launchedAtMs,
    nowMs,
  });
  const crossed = limitFindings(measures, thresholds);
  const wanted = plan?.phases.find(({ name }) => name === phase)?.checks ?? [];
  const checks = (view?.checks ?? []).filter(({ checkId }) => wanted.length === 0 || wanted.includes(checkId));
  const decides = plan?.criteria.decides ?? null;
  const findings: WatchFinding[] = [
    ...(isLive ? [] : [rolledBack(decides)]),
    ...(view === null ? [notLooked] : []),
    ...crossed,
    ...checkFindings(
      watch.states,
      checks.map((check) => watched(check, reviewId)),
      decides,
    ),
  ].slice(0, findingsMost);
  const isBroken = findings.some(({ kind }) => kind !== 'not-looked');
  const reopened = isBroken && view?.review.status === 'promoted';
  const look: WatchLook = {
    id: services.ids.next(idPrefixes.watchLook),
    phase,
    at: new Date(nowMs).toISOString(),
    checks: checks.length,
    failed: view === null,
    reopened,
    measures,
    findings,
  };
  if (reopened) {
    const because = findings
      .map(({ what }) => what)
      .slice(0, 5)
      .join(' ')
      .slice(0, 1_000);
    await services.reviews.setStatus({ teamId, reviewId, status: 'reopened', because });
  }
  await keepDays(services, watch, integration, measures, nowMs);
  await inTransaction(database, async (client) => {
    await saveLook(client, watch, look, {
      atMs: nowMs + (view === null ? soonMs : restMs(plan, phase)),
      exceeded: sincesOf(measures),
      states: view === null ? watch.states : statesOf(view),
      ends: !isLive,
    });
    for (const each of measures) {
      const isNews = each.crossed && watch.exceeded[`told:${each.name}`] === undefined;
      if (isNews) await tellCrossing(client, watch, each, { plan, live });
    }
  });
  services.onTold();
  return look;
}

/** Null: it could not be measured, which is said and tried again soon. */
async function measure(
  services: PromotionServices,
  { teamId, reviewId }: Watch,
  isLive: boolean,
): Promise<ReviewView | null> {
  try {
    return await (isLive ? services.reviews.run(teamId, reviewId) : services.reviews.view(teamId, reviewId));
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return null;
    throw error;
  }
}

const notLooked: WatchFinding = {
  kind: 'not-looked',
  what: 'The review could not be measured.',
  decides: null,
  action: 'See what Posthorn logs; it is tried again in a minute.',
};

function rolledBack(decides: string | null): WatchFinding {
  const what = 'What was promoted under the review was rolled back.';
  return { kind: 'rolled-back', what, decides, action: 'Mend what it was rolled back for, and promote again.' };
}

function watched(
  { checkId, subject, definition, state, because, evidence }: ReviewedCheck,
  reviewId: string,
): WatchedCheck {
  const own = evidence === null ? null : findingOfReview(evidence.finding, reviewId);
  const why = (state === 'stale' ? because : (own?.seen ?? because)) ?? '';
  const { severity, remedy } = definition;
  return { key: keyOfCheck({ checkId, subject }), checkId, severity, state, why, remedy };
}

function statesOf({ checks }: ReviewView): Record<string, string> {
  return Object.fromEntries(checks.map((check) => [keyOfCheck(check), check.state]));
}

/** Since when limits are exceeded; `told:` beside it once a crossing was told, so that it is told once. */
function sincesOf(measures: readonly Measure[]): Record<string, number> {
  return Object.fromEntries(
    measures.flatMap(({ name, exceededSince, crossed }): [string, number][] => {
      if (exceededSince === null) return [];
      const sinceMs = Date.parse(exceededSince);
      return crossed
        ? [
            [name, sinceMs],
            [`told:${name}`, sinceMs],
          ]
        : [[name, sinceMs]];
    }),
  );
}

/** Today's summary so far, and yesterday's as long as it may still change. */
async function keepDays(
  { database }: PromotionServices,
  watch: Watch,
  integration: ReviewView['review']['integration'],
  measures: readonly Measure[],
  nowMs: number,
): Promise<void> {
  const crossed = measures.filter((each) => each.crossed).map(({ name }) => name);
  for (const day of new Set([dayOf(Math.max(nowMs - dayMs, watch.startedAtMs)), dayOf(nowMs)])) {
    const sinceMs = Date.parse(day);
    const read = await readDay(database, watch.teamId, integration, { sinceMs, untilMs: sinceMs + dayMs });
    await saveDay(database, watch, day, { ...read, crossed: day === dayOf(nowMs) ? crossed : [] });
  }
}

/** What leads everything of the launch back, the newest first. */
function rollBackOf(teamId: string, live: readonly string[]): string {
  if (live.length === 0) return 'Nothing is left to lead back: it was rolled back.';
  return live.map((promotionId) => `POST /v1/teams/${teamId}/promotions/${promotionId}/roll-back`).join(', ');
}

/** The event says what the plan says: whoever gets it knows who decides, and how it is gone back. */
async function tellCrossing(
  client: pg.PoolClient,
  watch: Watch,
  measured: Measure,
  { plan, live }: { plan: LaunchPlan | null; live: readonly string[] },
): Promise<void> {
  const threshold = plan?.thresholds.find(({ name }) => name === measured.name);
  if (threshold === undefined) return;
  const data = {
    reviewId: watch.reviewId,
    threshold: measured.name,
    value: measured.value,
    limit: threshold.limit,
    forSeconds: threshold.forSeconds,
    exceededSince: measured.exceededSince,
    decides: threshold.decides,
    action: threshold.action,
    rollBack: rollBackOf(watch.teamId, live),
  };
  await tellTeam(client, { teamId: watch.teamId, type: 'posthorn.launch.limit_crossed', data });
}
