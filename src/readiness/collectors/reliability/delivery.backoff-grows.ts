import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type Backoff, judgeBackoff } from './delivery.backoff-grows.rules.ts';

const deliveriesMost = 2_000;
/** Of which those that were tried again are taken: few are, and looking for them must end. */
const lookedAtMost = 100_000;

export const backoffGrows: Collector<Backoff> = {
  checkId: 'delivery.backoff-grows',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const [endpoint] = await context.query<{ schedule: number[] }>(
      'SELECT retry_schedule_seconds AS schedule FROM endpoint WHERE team_id = $1 AND id = $2',
      [team, own],
    );
    const schedule = endpoint?.schedule ?? [];
    const groups = await context.query<Backoff['groups'][number]>(
      `SELECT count(*)::integer AS deliveries,
          extract(epoch FROM max(started_at) - min(started_at))::double precision AS "spreadSeconds",
          ($5::integer[])[number - 1]::double precision AS "plannedSeconds"
        FROM (SELECT a.number, a.started_at,
            date_trunc('second', lag(a.started_at + a.total_ms * interval '1 ms') OVER w) AS failed_at
          FROM (SELECT id FROM (SELECT id, attempts FROM delivery WHERE team_id = $1 AND endpoint_id = $2 AND id >= $3
                ORDER BY id DESC LIMIT ${lookedAtMost}) newest
              WHERE attempts > 1 AND attempts <= $4 ORDER BY id DESC LIMIT ${deliveriesMost}) d
          JOIN attempt a ON a.team_id = $1 AND a.delivery_id = d.id AND a.delivery_id >= $3
          WINDOW w AS (PARTITION BY a.delivery_id ORDER BY a.number)) g
        WHERE failed_at IS NOT NULL GROUP BY number, failed_at HAVING count(*) > 1`,
      [team, own, uuidSince(context.nowMs - 30 * dayMs), schedule.length + 1, schedule],
    );
    return { scheduleSeconds: schedule, groups };
  },
  judge: judgeBackoff,
};
