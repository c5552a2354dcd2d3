import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type AttemptLog, judgeAttemptLog } from './webhook.attempt-log-complete.rules.ts';

const deliveriesMost = 200;

export const attemptLogComplete: Collector<AttemptLog> = {
  checkId: 'webhook.attempt-log-complete',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const [row] = await context.query<AttemptLog>(
      `SELECT count(*)::integer AS deliveries, coalesce(sum(rows), 0)::integer AS attempts,
          count(*) FILTER (WHERE rows <> made)::integer AS miscounted,
          coalesce(sum(bare), 0)::integer AS bare, coalesce(sum(silent), 0)::integer AS "withoutAnswer"
        FROM (SELECT d.attempts AS made, count(a.id) AS rows,
            count(a.id) FILTER (WHERE (a.status IS NULL AND a.error IS NULL) OR a.total_ms IS NULL
              OR a.request_headers = '') AS bare,
            count(a.id) FILTER (WHERE a.status IS NOT NULL AND (a.response_headers IS NULL OR (a.response_body IS NULL
              AND a.response_headers ~* '(^|\\n)content-length: 0*[1-9]'))) AS silent
          FROM (SELECT id, attempts FROM delivery WHERE team_id = $1 AND endpoint_id = $2 AND id >= $3 AND attempts > 0
            ORDER BY id DESC LIMIT ${deliveriesMost}) d
          LEFT JOIN attempt a ON a.team_id = $1 AND a.delivery_id = d.id AND a.delivery_id >= $3
          GROUP BY d.id, d.attempts) l`,
      [team, own, uuidSince(context.nowMs - 7 * dayMs)],
    );
    return row ?? { deliveries: 0, attempts: 0, miscounted: 0, bare: 0, withoutAnswer: 0 };
  },
  judge: judgeAttemptLog,
};
