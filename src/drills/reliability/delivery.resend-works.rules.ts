import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

/** A delivery that was resent. */
export type ResentFacts = {
  /** `succeeded` or `dead`: what it was before. */
  was: string;
  /** From the resend to the request at the endpoint; null when none came. */
  arrivedAfterMs: number | null;
  sameId: boolean;
  sameBytes: boolean;
  attemptsBefore: number;
  attemptsAfter: number;
};

export type ResendFacts = {
  resent: readonly ResentFacts[];
  /** Requests that another endpoint of the same events got meanwhile. */
  others: number;
  /** What a viewer's resend was answered. */
  viewerStatus: number;
};

const withinMs = 10_000;

export function judgeResend({ resent, others, viewerStatus }: ResendFacts): Finding {
  const demands = resent.flatMap(({ was, arrivedAfterMs, sameId, sameBytes, attemptsBefore, attemptsAfter }) => {
    const one = `The one that was ${was}`;
    return [
      [
        arrivedAfterMs !== null && arrivedAfterMs <= withinMs,
        `${one} ${arrivedAfterMs === null ? 'did not arrive again' : `arrived after ${arrivedAfterMs} ms`}.`,
      ],
      [arrivedAfterMs === null || sameId, `${one} arrived under another webhook-id.`],
      [arrivedAfterMs === null || sameBytes, `${one} arrived with other bytes.`],
      [attemptsAfter === attemptsBefore + 1, `${one} has ${attemptsAfter} attempts on record after ${attemptsBefore}.`],
    ] as const;
  });
  return verdict(
    [
      ...demands,
      [others === 0, `Another endpoint was sent ${others} requests.`],
      [viewerStatus === 403, `A viewer's resend was answered ${viewerStatus} instead of 403.`],
    ],
    'A delivered and a dead delivery were sent again as they were, to their endpoint alone, and a viewer was refused.',
    { slowestMs: Math.max(...resent.map(({ arrivedAfterMs }) => arrivedAfterMs ?? -1)), others, viewerStatus },
  );
}
