import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type DeliverySuccess, judgeSuccess } from './webhook.success-rate-tracked.rules.ts';

const deliveriesMost = 100_000;

export const successRateTracked: Collector<DeliverySuccess> = {
  checkId: 'webhook.success-rate-tracked',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const [row] = await context.query<DeliverySuccess>(
      `SELECT count(*)::integer AS finished, count(*) FILTER (WHERE state = 1)::integer AS succeeded,
          count(*) FILTER (WHERE state = 1 AND attempts <= 1)::integer AS "atFirstAttempt"
        FROM (SELECT state, attempts FROM delivery WHERE team_id = $1 AND endpoint_id = $2 AND id >= $3
          ORDER BY id DESC LIMIT ${deliveriesMost}) d WHERE state IN (1, 2)`,
      [team, own, uuidSince(context.nowMs - 7 * dayMs)],
    );
    return row ?? { finished: 0, succeeded: 0, atFirstAttempt: 0 };
  },
  judge: judgeSuccess,
};
