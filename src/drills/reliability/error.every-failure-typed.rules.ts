import { counted, listed } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { problemCodes } from '../../problem.ts';
import { verdict } from './verdict.rules.ts';

/** What an operation was answered under one fault. `status` null: nothing within the time. */
export type FaultAnswer = {
  operation: string;
  fault: string;
  status: number | null;
  /** Of a problem document; empty where the answer is none. */
  code: string;
  hasStack: boolean;
};

export type FaultFacts = {
  answers: readonly FaultAnswer[];
  /** The process is the same as at the beginning, and ready again. */
  livesOn: boolean;
  /** What it wrote of promises that were rejected unseen, or exceptions that nobody caught. */
  unseen: number;
};

const closed: ReadonlySet<string> = new Set(Object.keys(problemCodes));

/** `internal` is what an error without a code becomes: it is in the set, and is what must not happen. */
export function judgeFailures({ answers, livesOn, unseen }: FaultFacts): Finding {
  const failures = answers.filter(({ status }) => status === null || status >= 400);
  const untyped = failures.filter(({ status, code }) => status !== null && (!closed.has(code) || code === 'internal'));
  const silent = failures.filter(({ status }) => status === null);
  const stacks = answers.filter(({ hasStack }) => hasStack);
  const faults = new Set(answers.map(({ fault }) => fault));
  const unmet = [...faults].filter((fault) => !failures.some((one) => one.fault === fault));
  const names = (all: readonly FaultAnswer[]): string =>
    listed(
      all.map(({ operation, fault, status, code }) =>
        `${operation} with ${fault}: ${status ?? 'nothing'} ${code}`.trim(),
      ),
    );
  return verdict(
    [
      [untyped.length === 0, `Answers without a documented code: ${names(untyped)}.`],
      [silent.length === 0, `No answer came: ${names(silent)}.`],
      [stacks.length === 0, `Answers show a stack: ${names(stacks)}.`],
      [unmet.length === 0, `Nothing failed under ${listed(unmet)}.`],
      [livesOn, 'The process did not live on.'],
      [unseen === 0, `${counted(unseen, 'promise')} or exceptions went unseen.`],
    ],
    `${counted(failures.length, 'failure')} of ${counted(faults.size, 'kind')} were all answered with a documented code.`,
    { asked: answers.length, failures: failures.length, untyped: untyped.length, silent: silent.length, unseen },
  );
}
