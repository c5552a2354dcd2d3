import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeRetryWaits, type RetryWaits } from './delivery.retry-schedule-as-published.rules.ts';

const deliveriesMost = 2_000;
/** Of which those that were tried again are taken: few are, and looking for them must end. */
const lookedAtMost = 100_000;

export const retryScheduleAsPublished: Collector<RetryWaits> = {
  checkId: 'delivery.retry-schedule-as-published',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const [endpoint] = await context.query<{ schedule: number[] }>(
      'SELECT retry_schedule_seconds AS schedule FROM endpoint WHERE team_id = $1 AND id = $2',
      [team, own],
    );
    const since = uuidSince(context.nowMs - 30 * dayMs);
    // Deliveries with more attempts than the schedule has were resent by somebody: their later waits are a person's.
    const waits = await context.query<RetryWaits['waits'][number]>(
      `SELECT number, extract(epoch FROM started_at - ended_at)::double precision AS seconds, asked AS "hasRetryAfter"
        FROM (SELECT a.number, a.started_at, lag(a.started_at + a.total_ms * interval '1 ms') OVER w AS ended_at,
            coalesce(lag(a.response_headers) OVER w ~* '(^|\\n)retry-after: ', false) AS asked
          FROM (SELECT id FROM (SELECT id, attempts FROM delivery WHERE team_id = $1 AND endpoint_id = $2 AND id >= $3
                ORDER BY id DESC LIMIT ${lookedAtMost}) newest
              WHERE attempts > 1 AND attempts <= $4 ORDER BY id DESC LIMIT ${deliveriesMost}) d
          JOIN attempt a ON a.team_id = $1 AND a.delivery_id = d.id AND a.delivery_id >= $3
          WINDOW w AS (PARTITION BY a.delivery_id ORDER BY a.number)) g
        WHERE ended_at IS NOT NULL`,
      [team, own, since, (endpoint?.schedule.length ?? 0) + 1],
    );
    return { scheduleSeconds: endpoint?.schedule ?? [], waits };
  },
  judge: judgeRetryWaits,
};
