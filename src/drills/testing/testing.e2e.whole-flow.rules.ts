import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type FlowFacts = {
  /** What the provider's request was answered. */
  answered: number | null;
  events: number;
  deliveries: number;
  state: string;
  attempts: number;
  /** From the provider's request to the receiver's; null when it never arrived. */
  tookMs: number | null;
  /** SHA-256 of the body, hex: as it was sent, as it is stored, as it arrived. */
  hashes: { sent: string; stored: string; received: string };
  /** Whether the receiver could verify it. */
  verified: boolean;
};

const mostMs = 10_000;

export function judgeFlow(facts: FlowFacts): Finding {
  const { answered, events, deliveries, state, attempts, tookMs, hashes, verified } = facts;
  return verdict(
    [
      [
        answered !== null && answered >= 200 && answered < 300,
        `The provider's request was answered ${answered ?? 'not at all'}.`,
      ],
      [events === 1, `It became ${events} events.`],
      [deliveries === 1 && state === 'succeeded', `Of ${deliveries} deliveries the first is ${state || 'not there'}.`],
      [attempts >= 1, 'No attempt is on record.'],
      [tookMs !== null && tookMs <= mostMs, `It took ${tookMs ?? 'for ever'} ms, and ${mostMs} ms are allowed.`],
      [hashes.stored === hashes.sent, 'The stored body is not the one that was sent.'],
      [hashes.received === hashes.sent, 'The body that arrived is not the one that was sent.'],
      [verified, 'The signature does not verify.'],
    ],
    `One event went all the way in ${tookMs} ms, and arrived byte for byte.`,
    { tookMs, events, deliveries, attempts, sentSha256: hashes.sent, receivedSha256: hashes.received },
  );
}
