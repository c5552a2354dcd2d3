import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type AnswerTimes, judgeAnswerTimes } from './endpoint.answers-within-30s.rules.ts';

const deliveriesMost = 2_000;

export const answersWithin30s: Collector<AnswerTimes> = {
  checkId: 'endpoint.answers-within-30s',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    // What never reached the endpoint says nothing of how long it takes.
    const [row] = await context.query<AnswerTimes>(
      `SELECT count(*)::integer AS attempts,
          (percentile_disc(0.99) WITHIN GROUP (ORDER BY a.total_ms))::double precision AS "p99Ms",
          count(*) FILTER (WHERE a.error = 'timeout' OR a.total_ms >= 30000)::integer AS timeouts
        FROM (SELECT id FROM delivery WHERE team_id = $1 AND endpoint_id = $2 AND id >= $3 AND attempts > 0
          ORDER BY id DESC LIMIT ${deliveriesMost}) d
        JOIN attempt a ON a.team_id = $1 AND a.delivery_id = d.id AND a.delivery_id >= $3
        WHERE a.status IS NOT NULL OR a.error = 'timeout'`,
      [team, own, uuidSince(context.nowMs - 7 * dayMs)],
    );
    return row ?? { attempts: 0, p99Ms: null, timeouts: 0 };
  },
  judge: judgeAnswerTimes,
};
