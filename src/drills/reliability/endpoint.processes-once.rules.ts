import { counted, failed, listed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

/** An answer of the receiver to one of the deliveries of one event. */
export type RepeatedAnswer = {
  status: number;
  /** What it says that it did; null when it says nothing that is understood. */
  did: Deed | null;
};

/** As posthorn/receiver answers: `handled`, or `accepted` when it works on after the answer, once; then the others. */
export type Deed = (typeof deeds)[number];
const deeds = ['handled', 'accepted', 'duplicate', 'busy'] as const;

/** Header by which a receiver that is none of posthorn/receiver may say it; else the first word of its answer counts. */
export const deedHeader = 'webhook-outcome';

export function readDeed(header: string | undefined, body: string): Deed | null {
  const said = (header ?? /^\w+/.exec(body.trimStart())?.[0] ?? '').toLowerCase();
  return deeds.find((deed) => deed === said) ?? null;
}

/** The first was delivered alone, the others together. */
export function judgeRepeats(answers: readonly RepeatedAnswer[]): Finding {
  const acted = answers.filter(({ did }) => did === 'handled' || did === 'accepted').length;
  const silent = answers.filter(({ did }) => did === null).length;
  const values = {
    sent: answers.length,
    acted,
    answers: listed(answers.map(({ status, did }) => `${status} ${did ?? ''}`.trim())),
  };
  // One that is busy with the same asks to come again, which is as good as 2xx.
  const refused = answers.filter(({ status, did }) => (status < 200 || status > 299) && did !== 'busy');
  if (acted > 1) return failed(`The receiver acted ${counted(acted, 'time')} on one event.`, values);
  if (refused.length > 0)
    return failed(
      `It answered ${listed(refused.map(({ status }) => String(status)))} to an event that it was sent again.`,
      values,
    );
  if (silent > 0) {
    return unknown(
      `The receiver does not say what it did. Let it answer handled or duplicate, as posthorn/receiver does, or send the header ${deedHeader}.`,
      values,
    );
  }
  return verdict(
    [[acted === 1, 'The receiver says of every delivery that it had come before, of the first one too.']],
    `The receiver acted once on an event that it got ${counted(answers.length, 'time')}.`,
    values,
  );
}
