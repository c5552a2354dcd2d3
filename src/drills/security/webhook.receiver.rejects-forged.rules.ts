import { listed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** What was wrong with a request, and what it was answered; null when there was no answer. */
export type ForgedAnswer = { what: string; status: number | null };

export function judgeForged(trueStatus: number | null, forged: readonly ForgedAnswer[]): Finding {
  const values: Record<string, number | null> = { true: trueStatus };
  for (const { what, status } of forged) values[what] = status;
  if (trueStatus === null) return unknown('The endpoint could not be reached.', values);
  const isRefusal = (status: number | null): boolean => status !== null && status >= 400 && status < 500;
  const taken = forged.filter(({ status }) => status !== null && !isRefusal(status));
  const lost = forged.filter(({ status }) => status === null);
  const names = (all: readonly ForgedAnswer[]): string =>
    listed(all.map(({ what, status }) => `${what} (${status ?? 'no answer'})`));
  const finding = verdict(
    [
      [trueStatus >= 200 && trueStatus < 300, `A true delivery was answered ${trueStatus}.`],
      [taken.length === 0, `Requests that Posthorn did not sign like that were not refused with 4xx: ${names(taken)}.`],
    ],
    `The receiver took the true delivery and refused all ${forged.length} that were not.`,
    values,
  );
  if (finding.state === 'failed' || lost.length === 0) return finding;
  return unknown(`Not all were answered: ${names(lost)}.`, values);
}
