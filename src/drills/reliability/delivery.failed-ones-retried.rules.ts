import { counted, failed, passed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';

/** What became of one delivery to an endpoint that answers 500, then too late, then 200. */
export type RetriedFacts = {
  state: string;
  /** In their order. */
  attempts: readonly { status: number | null; error: string | null; startedAtMs: number; endedAtMs: number }[];
  /** As the endpoint saw them. */
  received: readonly { webhookId: string; bodySha256: string }[];
};

/** The third attempt succeeds, all three are on record and the same message, and the second wait is the longer one. */
export function judgeRetried({ state, attempts, received }: RetriedFacts): Finding {
  const waitsMs = attempts.slice(1).map(({ startedAtMs }, index) => startedAtMs - (attempts[index]?.endedAtMs ?? 0));
  const [first = 0, second = 0] = waitsMs;
  const values = {
    attempts: attempts.length,
    requests: received.length,
    firstWaitMs: Math.round(first),
    secondWaitMs: Math.round(second),
  };
  const outcomes = attempts.map(({ status, error }) => status ?? error).join(', ');
  const command = 'decideOutcome in src/delivery/decide-outcome.rules.ts decides what follows an attempt';
  if (state !== 'succeeded' || attempts.length !== 3) {
    return failed(
      `The delivery is ${state} after ${counted(attempts.length, 'attempt')} (${outcomes}).`,
      values,
      command,
    );
  }
  if (new Set(received.map(({ webhookId }) => webhookId)).size !== 1) {
    return failed('The attempts did not carry one webhook-id.', values, command);
  }
  if (received.length !== 3 || new Set(received.map(({ bodySha256 }) => bodySha256)).size !== 1) {
    return failed('The endpoint did not get the same bytes three times.', values, command);
  }
  if (second <= first) return failed('The second wait was no longer than the first.', values, command);
  return passed(`Answered ${outcomes}: delivered at the third attempt, each wait longer than the one before.`, values);
}
