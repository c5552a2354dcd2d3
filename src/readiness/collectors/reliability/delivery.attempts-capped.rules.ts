import type { Finding } from '../../finding.ts';
import { counted, failed, passed } from '../../finding.rules.ts';

export type AttemptCap = {
  /** The first one and the retries of the schedule. */
  mostAttempts: number;
  /** Deliveries that had more attempts than that, with no resend or replay on record, or more in one cycle. */
  overCap: number;
  /** Dead deliveries that the queue would send again. */
  deadInQueue: number;
};

const mostAllowed = 20;

/** Retrying ends: at most 20 attempts, none beyond the schedule, and what is dead stays dead until somebody resends. */
export function judgeAttemptCap({ mostAttempts, overCap, deadInQueue }: AttemptCap): Finding {
  const values = { mostAttempts, deliveriesOverCap: overCap, deadInQueue };
  const command = 'PATCH /v1/teams/{team}/endpoints/{endpoint} {"retry": {"scheduleSeconds": [60, 300, 1800, 7200]}}';
  if (mostAttempts > mostAllowed) {
    return failed(`A delivery may have ${mostAttempts} attempts; at most ${mostAllowed} make sense.`, values, command);
  }
  if (deadInQueue > 0) {
    return failed(`${counted(deadInQueue, 'dead delivery', 'dead deliveries')} would be sent again.`, values, null);
  }
  if (overCap > 0) {
    const seen = `${counted(overCap, 'delivery', 'deliveries')} had more than ${mostAttempts} attempts without a resend.`;
    return failed(seen, values, null);
  }
  return passed(`Retrying ends after ${counted(mostAttempts, 'attempt')}, and did so within 30 days.`, values);
}
