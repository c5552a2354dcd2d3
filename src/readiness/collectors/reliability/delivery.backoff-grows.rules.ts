import type { Finding } from '../../finding.ts';
import { counted, failed, passed } from '../../finding.rules.ts';

export type Backoff = {
  scheduleSeconds: readonly number[];
  /** Retries of deliveries that failed in the same second: by how much they lie apart, and the wait planned. */
  groups: readonly { deliveries: number; spreadSeconds: number; plannedSeconds: number }[];
};

const leastGrowth = 1.5;
const leastSpanSeconds = 3_600;
const leastSpread = 0.05;
/** Two or three may well come close together by chance. */
const leastTogether = 5;

/** Waits grow by half at least, make an hour together, and what failed at once is not retried at once. */
export function judgeBackoff({ scheduleSeconds, groups }: Backoff): Finding {
  const longest = Math.max(0, ...scheduleSeconds);
  const spanSeconds = scheduleSeconds.reduce((sum, each) => sum + each, 0);
  const judged = groups.filter(({ deliveries }) => deliveries >= leastTogether);
  const values = { schedule: scheduleSeconds.join(', '), spanSeconds, groupsOfRetries: judged.length };
  const command = 'PATCH /v1/teams/{team}/endpoints/{endpoint} {"retry": {"scheduleSeconds": [60, 300, 1800, 7200]}}';
  if (scheduleSeconds.length === 0) return failed('The endpoint is never tried again.', values, command);
  const flat = scheduleSeconds.findIndex((seconds, index) => {
    const before = scheduleSeconds[index - 1];
    // At the longest wait it may stay, once it has grown to it.
    return (
      before !== undefined &&
      seconds < before * leastGrowth &&
      !(before === longest && seconds === longest && index > 2)
    );
  });
  if (flat !== -1) {
    const seen = `After ${scheduleSeconds[flat - 1]} s it waits ${scheduleSeconds[flat]} s, not ${leastGrowth} times as long.`;
    return failed(seen, values, command);
  }
  if (spanSeconds < leastSpanSeconds) {
    return failed(`All waits together are ${spanSeconds} s, less than an hour.`, values, command);
  }
  const close = judged.filter(({ spreadSeconds, plannedSeconds }) => spreadSeconds < plannedSeconds * leastSpread);
  if (close.length > 0) {
    return failed(
      `${counted(close.length, 'group')} of deliveries that failed together came again together.`,
      values,
      null,
    );
  }
  return passed(`The waits grow, over ${spanSeconds} s.`, values);
}
