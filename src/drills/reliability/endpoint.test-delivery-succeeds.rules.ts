import { counted, listed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

/** The first attempt at a test of one event type. */
export type TestFacts = {
  type: string;
  /** Null: nothing was sent in time, which says nothing about the receiver. */
  attempt: { status: number | null; error: string | null; tookMs: number; isShown: boolean } | null;
  /** Endpoints other than this one that were sent the same event. */
  others: number;
};

const mostMs = 30_000;

export function judgeTests(tests: readonly TestFacts[]): Finding {
  const made = tests.flatMap(({ type, attempt }) => (attempt === null ? [] : [{ type, ...attempt }]));
  const refused = made.filter(({ status }) => status === null || status < 200 || status > 299);
  const slow = made.filter(({ tookMs }) => tookMs > mostMs);
  const unseen = made.filter(({ isShown }) => !isShown);
  const spread = tests.filter(({ others }) => others > 0);
  const untried = tests.filter(({ attempt }) => attempt === null);
  const values = {
    types: tests.length,
    succeeded: made.length - refused.length,
    slowestMs: Math.max(0, ...made.map(({ tookMs }) => tookMs)),
    sentToOthers: spread.length,
  };
  const answers = refused.map(({ type, status, error }) => `${type}: ${status ?? error ?? 'no answer'}`);
  const finding = verdict(
    [
      [refused.length === 0, `Tests were not answered 2xx: ${listed(answers)}.`],
      [slow.length === 0, `Answers took more than 30 s: ${listed(slow.map(({ type }) => type))}.`],
      [unseen.length === 0, `Request and answer are not on record: ${listed(unseen.map(({ type }) => type))}.`],
      [spread.length === 0, `Tests went to other endpoints too: ${listed(spread.map(({ type }) => type))}.`],
    ],
    `The endpoint took a test of ${counted(tests.length, 'event type')}, and nobody else got one.`,
    values,
  );
  if (finding.state === 'failed' || untried.length === 0) return finding;
  const names = listed(untried.map(({ type }) => type));
  return unknown(`No attempt was made within a minute, as while a breaker is open: ${names}.`, values);
}
