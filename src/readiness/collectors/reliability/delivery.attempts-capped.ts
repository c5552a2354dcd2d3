import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type AttemptCap, judgeAttemptCap } from './delivery.attempts-capped.rules.ts';

const deliveriesMost = 1_000;
const lookedAtMost = 100_000;

export const attemptsCapped: Collector<AttemptCap> = {
  checkId: 'delivery.attempts-capped',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const [row] = await context.query<{ most: number; inCycle: number; deadInQueue: number }>(
      `WITH cap AS (SELECT cardinality(retry_schedule_seconds) + 1 AS most FROM endpoint WHERE team_id = $1 AND id = $2)
       SELECT cap.most,
         (SELECT count(*)::integer FROM delivery_queue q WHERE q.team_id = $1 AND q.endpoint_id = $2
           AND q.cycle_attempts >= cap.most) AS "inCycle",
         (SELECT count(*)::integer FROM delivery_queue q JOIN delivery d ON d.team_id = q.team_id AND d.id = q.delivery_id
           WHERE q.team_id = $1 AND q.endpoint_id = $2 AND d.state = 2) AS "deadInQueue"
       FROM cap`,
      [team, own],
    );
    const mostAttempts = row?.most ?? 0;
    // A replay that re-sent anything since a delivery was made may have been about it.
    const over = await context.query<{ id: string }>(
      `SELECT id FROM (SELECT id, attempts FROM delivery WHERE team_id = $1 AND endpoint_id = $2 AND id >= $3
            ORDER BY id DESC LIMIT ${lookedAtMost}) d
          WHERE attempts > $4 AND NOT EXISTS (SELECT FROM replay r WHERE r.team_id = $1 AND r.resent > 0 AND r.created_at > uuid_time(d.id))
        ORDER BY id DESC LIMIT ${deliveriesMost}`,
      [team, own, uuidSince(context.nowMs - 30 * dayMs), mostAttempts],
    );
    const ids = over.map(({ id }) => idFromUuid(idPrefixes.delivery, id));
    const resent = await context.query<{ id: string }>(
      `SELECT DISTINCT target_id AS id FROM audit_entry WHERE team_id = $1 AND target_id = ANY ($2) AND action = 'delivery.resent'`,
      [team, ids],
    );
    return {
      mostAttempts,
      overCap: (row?.inCycle ?? 0) + ids.length - resent.length,
      deadInQueue: row?.deadInQueue ?? 0,
    };
  },
  judge: judgeAttemptCap,
};
