import { listed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** A block of a page, as it went. */
export type Step = { heading: string; ok: boolean };

export type WalkthroughFacts = {
  steps: readonly Step[];
  /** From the first step to the last. */
  tookMs: number;
  /** What the receiver of the guide said of the webhook. */
  inboxVerified: boolean;
  /** The delivery that the guide leads to; empty when there is none. */
  state: string;
  /** The request on record, verified by the drill with the secret that the guide was shown. */
  verified: boolean;
};

const withinMs = 300_000;

export function judgeWalkthrough({ steps, tookMs, inboxVerified, state, verified }: WalkthroughFacts): Finding {
  const broken = steps.flatMap(({ ok }, index) => (ok ? [] : [`step ${index + 1}`]));
  return verdict(
    [
      [steps.length > 0, 'The guide has no steps.'],
      [broken.length === 0, `What the guide has did not work: ${listed(broken)}.`],
      [tookMs <= withinMs, `It took ${Math.round(tookMs / 1000)} s.`],
      [state === 'succeeded', `The delivery that it leads to is ${state || 'not there'}.`],
      [inboxVerified, 'The receiver of the guide verified nothing.'],
      [verified, 'The signature of the request on record does not verify.'],
    ],
    `${steps.length} steps of the guide led to a delivery that verifies in ${Math.round(tookMs / 1000)} s.`,
    { steps: steps.length, broken: broken.length, tookMs, state },
  );
}
