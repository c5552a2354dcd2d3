import type { Finding } from '../../finding.ts';
import { counted, failed, passed, percentOf, unknown } from '../../finding.rules.ts';

export type DeliverySuccess = { finished: number; succeeded: number; atFirstAttempt: number };

const leastFinished = 20;
const leastSucceededPercent = 99;
const leastFirstPercent = 95;

/** Of what finished 99 % succeeded, and 95 % did at once. */
export function judgeSuccess({ finished, succeeded, atFirstAttempt }: DeliverySuccess): Finding {
  const values = {
    finished7Days: finished,
    succeededPercent: percentOf(succeeded, finished),
    atFirstAttemptPercent: percentOf(atFirstAttempt, finished),
    dead: finished - succeeded,
  };
  if (finished < leastFinished) {
    return unknown(
      `${counted(finished, 'delivery', 'deliveries')} ended within 7 days; it takes ${leastFinished}.`,
      values,
    );
  }
  const command = 'GET /v1/teams/{team}/deliveries?endpoint={endpoint}&state=dead';
  if (values.succeededPercent < leastSucceededPercent) {
    return failed(`${values.succeededPercent} % of ${finished} deliveries succeeded.`, values, command);
  }
  if (values.atFirstAttemptPercent < leastFirstPercent) {
    return failed(`${values.atFirstAttemptPercent} % of ${finished} succeeded at the first attempt.`, values, command);
  }
  return passed(`${values.succeededPercent} % of ${finished} deliveries succeeded.`, values);
}
