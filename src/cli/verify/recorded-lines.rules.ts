import type { VerifiedLine } from '../../deployments/deployment.ts';
import { verdictOf } from './verdict.rules.ts';
import type { VerifiedCheck } from './verified-check.ts';

const linesMost = 500;
const detailMost = 300;

/** Checks as the lines that go on record: the first of them, each with what was seen. */
export function recordedLines(checks: readonly VerifiedCheck[]): { lines: VerifiedLine[]; linesLeftOut: number } {
  const lines = checks.slice(0, linesMost).map((check) => ({
    name: check.check,
    subject: check.subject.id,
    state: verdictOf(check),
    detail: shortened((check.state === 'stale' ? check.because : (check.seen ?? check.because)) ?? null),
  }));
  return { lines, linesLeftOut: checks.length - lines.length };
}

/** Without U+0000, which the record does not take, and no half of a character at its end. */
function shortened(text: string | null): string | null {
  return text === null ? null : text.slice(0, detailMost).toWellFormed().replaceAll('\u0000', '\uFFFD');
}
