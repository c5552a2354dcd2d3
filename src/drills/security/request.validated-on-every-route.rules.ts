import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

export type BadAnswer = { operation: string; kind: string; status: number | null; tookMs: number };
export type ValidationFacts = {
  operations: number;
  answers: readonly BadAnswer[];
  /** The memory of the process, before and after. */
  memoryRiseBytes: number;
  written: readonly string[];
};

/** What says that a request is bad, and not that something is missing, forbidden or broken. */
const saysSo = new Set([400, 408, 413, 415, 422]);
const longestMs = 10_000;
const mostRiseBytes = 150 * 1024 * 1024;
const fewestOperations = 20;

/** Each bad request is refused as one, soon, and costs nothing. */
export function judgeValidation({ operations, answers, memoryRiseBytes, written }: ValidationFacts): Finding {
  const slowest = Math.round(Math.max(0, ...answers.map(({ tookMs }) => tookMs)));
  const riseMb = Math.round(memoryRiseBytes / 1024 / 1024);
  const values = { operations, requests: answers.length, slowestMs: slowest, memoryRiseMb: riseMb };
  const wrong = answers.filter(({ status }) => status === null || !saysSo.has(status));
  if (wrong.length > 0) {
    const seen = wrong.map(({ operation, kind, status }) => `${operation} to ${kind} (${status ?? 'no answer'})`);
    return failed(`Not refused as a bad request: ${listed(seen)}.`, values);
  }
  if (written.length > 0) return failed(`Bad requests changed ${listed(written)}.`, values);
  if (memoryRiseBytes > mostRiseBytes) return failed(`Memory rose by ${riseMb} MB.`, values);
  if (operations < fewestOperations) return unknown(`Only ${operations} operations were tried.`, values);
  const slow = answers.filter(({ tookMs }) => tookMs > longestMs);
  if (slow.length > 0) {
    return failed(`Not answered in ${longestMs / 1000} s: ${listed(slow.map(({ operation }) => operation))}.`, values);
  }
  return passed(
    `${answers.length} bad requests to ${operations} operations were refused as such; nothing was stored.`,
    values,
  );
}
