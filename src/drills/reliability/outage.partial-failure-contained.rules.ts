import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

export type PartialFacts = {
  /** How often each endpoint that takes everything was sent the event. */
  good: readonly number[];
  /** How often the one that refuses it was. */
  bad: number;
  /** What a batch with events that are not valid was answered. */
  batch: { status: number; invalid: readonly number[]; named: readonly number[]; stored: number };
  /** The valid ones, sent twice under the same idempotency keys. */
  again: { events: number; accepted: number; duplicates: number; stored: number };
};

export function judgePartialFailure({ good, bad, batch, again }: PartialFacts): Finding {
  const named = batch.named.join();
  const invalid = batch.invalid.join();
  return verdict(
    [
      [good.every((times) => times === 1), `Endpoints that took the event got it ${good.join(' and ')} times.`],
      [bad > 1, 'The endpoint that refused it was not tried again.'],
      [
        batch.status >= 400 && batch.status < 500,
        `A batch with events that are not valid was answered ${batch.status}.`,
      ],
      [named === invalid, `It names the places ${named || 'of none'}, and ${invalid} are not valid.`],
      [batch.stored === 0, `${batch.stored} events of the refused batch are on record.`],
      [
        again.accepted === again.events,
        `${again.accepted} of the ${again.events} valid events were accepted together.`,
      ],
      [again.duplicates === again.events, `${again.duplicates} of them were recognised when they came again.`],
      [again.stored === again.events, `They made ${again.stored} events.`],
    ],
    `Only the endpoint that refused the event was tried again, and a batch with ${batch.invalid.length} bad events named them.`,
    { good: good.join(), bad, batchStatus: batch.status, named, accepted: again.accepted, stored: again.stored },
  );
}
