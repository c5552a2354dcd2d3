import { uuidFromId } from '../../../ids/id.rules.ts';
import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type ConfirmedWebhooks, judgeConfirmedWebhooks } from './launch.day.webhooks-confirmed.rules.ts';
import { gatherLaunches } from './launch-facts.ts';
import { judgeRampUp, type RampUp } from './launch.rampup.gradual.rules.ts';

const rowsMost = 20_000;
const hourMs = 3_600_000;

export const webhooksConfirmed: Collector<ConfirmedWebhooks> = {
  checkId: 'launch.day.webhooks-confirmed',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const { team, own } = uuidsOf(subject);
    const [promotion] = await context.query<{ switchedAtMs: number }>(
      `SELECT floor(extract(epoch FROM min(p.switched_at)) * 1000)::double precision AS "switchedAtMs"
        FROM promotion p JOIN connection c ON c.team_id = p.team_id AND c.id = p.connection_id AND c.deleted_at IS NULL
        WHERE p.team_id = $1 AND p.state = 'live' AND $2 = ANY (c.source_ids) HAVING count(*) > 0`,
      [team, own],
    );
    if (promotion === undefined) {
      return { concerned: false, why: 'No promoted connection names it: it is decided from a promotion on.' };
    }
    const [row] = await context.query<Omit<Extract<ConfirmedWebhooks, { concerned: true }>, 'concerned'>>(
      `WITH taken AS MATERIALIZED (SELECT id, type, coverage, occurred_at FROM event
         WHERE team_id = $1 AND source_id = $2 AND id >= $3 ORDER BY id DESC LIMIT ${rowsMost}),
       dead AS (SELECT event_id FROM (SELECT event_id FROM delivery WHERE team_id = $1 AND exceptional = 2 AND id >= $3
         ORDER BY id DESC LIMIT ${rowsMost}) d WHERE event_id IN (SELECT id FROM taken WHERE id < $4)),
       waiting AS (SELECT event_id FROM (SELECT event_id FROM delivery_queue WHERE team_id = $1 LIMIT ${rowsMost}) q
         WHERE event_id IN (SELECT id FROM taken WHERE id < $4))
       SELECT (SELECT count(*)::integer FROM taken) AS webhooks,
         (SELECT count(*)::integer FROM taken WHERE coverage IS NULL) AS unverified,
         (SELECT count(*)::integer FROM dead) + (SELECT count(*)::integer FROM waiting) AS undelivered,
         (SELECT count(*)::integer FROM taken WHERE type ~* 'completed') AS completions,
         (SELECT count(*)::integer FROM taken WHERE type ~* 'completed'
           AND uuid_time(id) - occurred_at > interval '5 minutes') AS late`,
      [team, own, uuidSince(promotion.switchedAtMs), uuidSince(context.nowMs - hourMs)],
    );
    return { concerned: true, webhooks: 0, unverified: 0, undelivered: 0, completions: 0, late: 0, ...row };
  },
  judge: judgeConfirmedWebhooks,
};

export const rampUpGradual: Collector<RampUp> = {
  checkId: 'launch.rampup.gradual',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const { launches } = await gatherLaunches(context, subject);
    const launch = launches.find(({ live }) => live.some(({ connectionId }) => connectionId === subject.id));
    const connection = context.connections.find(subject.id);
    if (launch === undefined || connection === null) {
      return { concerned: false, why: 'It was not promoted: it is decided from then on.' };
    }
    const steps = (launch.plans[0]?.plan.rampUp ?? [])
      .filter((step) => step.connection === subject.id)
      .map(({ from, percent, budget, limit, windowMs }) => ({
        fromMs: Date.parse(from),
        percent,
        budget,
        limit,
        windowMs,
      }));
    const sinceMs = Math.max(steps[0]?.fromMs ?? context.nowMs, context.nowMs - 7 * dayMs);
    const hours = await context.query<{ startMs: number; calls: number }>(
      `SELECT floor(extract(epoch FROM date_trunc('hour', uuid_time(id))) * 1000)::double precision AS "startMs",
          count(*)::integer AS calls FROM (SELECT id FROM call WHERE connection_id = $1 AND id >= $2 AND tries_count > 0
            ORDER BY id DESC LIMIT 50000) c GROUP BY 1 ORDER BY 1`,
      [uuidFromId(subject.id), uuidSince(sinceMs)],
    );
    return { concerned: true, steps, limits: connection.policy.budget.limits, hours };
  },
  judge: judgeRampUp,
};
