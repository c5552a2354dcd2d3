import { idFromUuid, idPrefixes, uuidFromId } from '../../../ids/id.rules.ts';
import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { gatherLaunches, type TeamLaunches } from './launch-facts.ts';
import { type DutyFacts, judgeDuties } from './launch.ongoing.duties-on-time.rules.ts';
import { type Freeze, judgePlanComplete, type PlanFacts } from './launch.plan.complete.rules.ts';
import { judgeReviewHeld } from './launch.review.held.rules.ts';
import { judgeCriteriaArmed } from './launch.rollback.criteria-armed.rules.ts';
import { judgePlanScheduled } from './launch.watch.plan-scheduled.rules.ts';
import { judgeDailyReview, judgeWatchedDaily, type SeenDay, type WatchedDays } from './watched-days.rules.ts';

export const criteriaArmed: Collector<TeamLaunches> = {
  checkId: 'launch.rollback.criteria-armed',
  version: 2,
  gather: gatherLaunches,
  judge: judgeCriteriaArmed,
};

export const planScheduled: Collector<TeamLaunches> = {
  checkId: 'launch.watch.plan-scheduled',
  version: 2,
  gather: gatherLaunches,
  judge: judgePlanScheduled,
};

export const reviewHeld: Collector<TeamLaunches> = {
  checkId: 'launch.review.held',
  version: 2,
  gather: gatherLaunches,
  judge: judgeReviewHeld,
};

export const planComplete: Collector<PlanFacts> = {
  checkId: 'launch.plan.complete',
  version: 2,
  async gather(context: GatheringContext, subject: Subject) {
    const freezes = await context.query<Freeze>(
      `SELECT floor(extract(epoch FROM starts_at) * 1000)::double precision AS "fromMs",
          floor(extract(epoch FROM ends_at) * 1000)::double precision AS "untilMs"
        FROM freeze_window WHERE team_id = $1 LIMIT 100`,
      [uuidFromId(subject.teamId ?? '')],
    );
    return { ...(await gatherLaunches(context, subject)), freezes };
  },
  judge: judgePlanComplete,
};

export const dutiesOnTime: Collector<DutyFacts> = {
  checkId: 'launch.ongoing.duties-on-time',
  version: 2,
  async gather(context: GatheringContext, subject: Subject) {
    const found = await gatherLaunches(context, subject);
    const checks = [
      ...new Set(found.launches.flatMap(({ plans }) => plans[0]?.plan.duties.map(({ check }) => check) ?? [])),
    ];
    // A check of the gateway has its evidence under the nil team.
    const done = await context.query<{ id: string; at: number | null }>(
      `SELECT id, floor(extract(epoch FROM done) * 1000)::double precision AS at FROM (SELECT c.id, greatest(
          (SELECT max(measured_at) FROM (SELECT measured_at, finding FROM evidence e WHERE e.check_id = c.id
            AND e.team_id IN ($1, '00000000-0000-0000-0000-000000000000') ORDER BY e.id DESC LIMIT 200) e
            WHERE e.finding ->> 'state' = 'passed'),
          (SELECT max(attested_at) FROM attestation a WHERE a.team_id = $1 AND a.check_id = c.id
            AND a.withdrawn_at IS NULL)) AS done FROM unnest($2::text[]) c(id)) x`,
      [uuidFromId(subject.teamId ?? ''), checks],
    );
    return { ...found, doneAtMs: Object.fromEntries(done.flatMap(({ id, at }) => (at === null ? [] : [[id, at]]))) };
  },
  judge: judgeDuties,
};

/** Days of what is watched, by review; of reviews that are not watched that there is nothing to see yet. */
async function gatherDays(context: GatheringContext, subject: Subject): Promise<WatchedDays> {
  const watches = await context.query<Omit<WatchedDays['watches'][number], 'days'> & { days: SeenDay[] | null }>(
    `SELECT r.id AS "reviewId", r.name, floor(extract(epoch FROM w.started_at) * 1000)::double precision AS "startedAtMs",
        (SELECT json_agg(json_build_object('startMs', floor(extract(epoch FROM d.day::timestamp AT TIME ZONE 'UTC') * 1000),
            'openedAtMs', floor(extract(epoch FROM opened_at) * 1000),
            'closedAtMs', floor(extract(epoch FROM closed_at) * 1000),
            'noteLength', coalesce(length(regexp_replace(note, '\\s', '', 'g')), 0),
            'crossed', json_array_length((summary -> 'crossed')::json)))
          FROM watch_day d WHERE d.team_id = w.team_id AND d.review_id = w.review_id
            AND d.day < (w.started_at AT TIME ZONE 'UTC')::date + 30) AS days
      FROM review r LEFT JOIN watch w ON w.team_id = r.team_id AND w.review_id = r.id AND w.ended_at IS NULL
      WHERE r.team_id = $1 AND (w.review_id IS NOT NULL OR r.status <> 'closed')
      ORDER BY w.review_id IS NULL, r.id DESC LIMIT 50`,
    [uuidFromId(subject.teamId ?? '')],
  );
  return {
    watches: watches.map(({ days, reviewId, ...watch }) => ({
      ...watch,
      reviewId: idFromUuid(idPrefixes.review, reviewId),
      days: days ?? [],
    })),
  };
}

export const dailyReview: Collector<WatchedDays> = {
  checkId: 'launch.first-week.daily-review',
  version: 2,
  gather: gatherDays,
  judge: judgeDailyReview,
};

export const watchedDaily: Collector<WatchedDays> = {
  checkId: 'launch.weeks-1-4.success-watched-daily',
  version: 2,
  gather: gatherDays,
  judge: judgeWatchedDaily,
};
