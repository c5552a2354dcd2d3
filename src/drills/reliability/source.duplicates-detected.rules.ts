import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type DuplicateFacts = {
  provider: string;
  /** How often the same was sent, the first time included. */
  sends: number;
  taken: number;
  /** Events that came of them and of the other one. */
  events: number;
  /** By how much the source's count of duplicates went up. */
  duplicates: number;
  /** Whether what really differs was answered 2xx. */
  otherTaken: boolean;
  /** Of the source itself. */
  dedupeWindowSeconds: number;
};

const daySeconds = 86_400;
/**
 * How long providers go on retrying, where that is public: DocuSign tries a day apart, ten times at most; Documenso's
 * documentation said two hours. Elsewhere a day is asked for.
 */
const retryingSeconds: Readonly<Record<string, number>> = { docusign: 11 * daySeconds, documenso: 7_200 };

export function judgeDuplicates(facts: DuplicateFacts): Finding {
  const { provider, sends, taken, events, duplicates, otherTaken, dedupeWindowSeconds } = facts;
  const neededSeconds = retryingSeconds[provider] ?? daySeconds;
  return verdict(
    [
      [taken === sends, `${taken} of ${sends} requests that tell the same were answered 2xx.`],
      [otherTaken, 'One that really differs was not answered 2xx.'],
      [events === 2, `Two things that happened became ${events} events.`],
      [duplicates === sends - 1, `${duplicates} duplicates were counted, and ${sends - 1} came.`],
      [
        dedupeWindowSeconds > neededSeconds,
        `The source remembers for ${dedupeWindowSeconds} s, and its provider may repeat for ${neededSeconds} s.`,
      ],
    ],
    `The same, sent ${sends} times, was one event; what differs was another.`,
    { sends, taken, events, duplicates, dedupeWindowSeconds, neededSeconds },
  );
}
