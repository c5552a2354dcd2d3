import { unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

export type SwitchFacts = {
  /** While it was on: webhooks that were taken, calls that were answered by the provider. */
  before: { taken: number; called: number };
  /** From the command until the last request that went out; null: requests went out until the end. */
  quietAfterMs: number | null;
  /** How long nothing was to go out after that. */
  quietForMs: number;
  /** While it was off. */
  off: {
    webhooks: number;
    refused: number;
    calls: number;
    /** Answered otherwise than 503 connection_paused. */
    callsOtherwise: number;
    /** Deliveries that were held at the end. */
    held: number;
  };
  /** Of all webhooks that were taken, once for each endpoint. Some that had no answer may have been taken too. */
  after: { unanswered: number; expected: number; missing: number; doubled: number; called: boolean };
};

const quietWithinMs = 30_000;

/** @param facts with the time that was given to become quiet, at the pace of the run */
export function judgeSwitch(facts: SwitchFacts): Finding {
  const { before, quietAfterMs, quietForMs, off, after } = facts;
  const values = {
    takenBefore: before.taken,
    quietAfterMs,
    takenOff: off.webhooks - off.refused,
    held: off.held,
    expected: after.expected,
    missing: after.missing,
    doubled: after.doubled,
  };
  if (before.taken === 0 || before.called === 0) {
    return unknown('It did not work before it was switched off, so there was nothing to be seen.', values);
  }
  if (off.webhooks === 0 || off.calls === 0) {
    return unknown('Nothing came while it was off: the machine is too loaded to tell.', values);
  }
  const finding = verdict(
    [
      [
        quietAfterMs !== null && quietAfterMs <= quietWithinMs,
        `Requests went out for more than ${quietAfterMs ?? quietWithinMs} ms after it was switched off.`,
      ],
      [off.refused === 0, `${off.refused} of ${off.webhooks} webhooks were refused while it was off.`],
      [
        off.callsOtherwise === 0,
        `${off.callsOtherwise} of ${off.calls} calls were not answered 503 connection_paused while it was off.`,
      ],
      [off.held > 0, 'Nothing was held while it was off.'],
      [after.missing === 0, `${after.missing} of ${after.expected} did not arrive after it was switched on.`],
      [after.doubled === 0, `${after.doubled} of ${after.expected} arrived more than once.`],
      [after.called, 'No call came through after it was switched on.'],
    ],
    `It was quiet ${quietAfterMs} ms after it was switched off, and stayed so for ${quietForMs} ms; all ${after.expected} arrived once.`,
    values,
  );
  if (finding.state === 'failed' || after.unanswered === 0) return finding;
  return unknown(`${after.unanswered} webhooks had no answer: the machine is too loaded to tell.`, values);
}
