import { padVisible, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What one check found. `remedy` says how to mend it and is null when nothing is wrong. */
export type Finding = { check: string; state: 'OK' | 'WARN' | 'FAIL'; what: string; remedy: string | null };

export function ok(check: string, what: string): Finding {
  return { check, state: 'OK', what, remedy: null };
}

export function warn(check: string, what: string, remedy: string): Finding {
  return { check, state: 'WARN', what, remedy };
}

export function fail(check: string, what: string, remedy: string): Finding {
  return { check, state: 'FAIL', what, remedy };
}

/** A finding as lines: its state, the check, what was found, and below it the remedy. */
export function renderFinding(finding: Finding, style: { paint: Paint; width: number }): string[] {
  const { paint } = style;
  const colour = { OK: paint.green, WARN: paint.yellow, FAIL: paint.red }[finding.state];
  const indent = ' '.repeat(21);
  const width = Math.max(30, style.width - indent.length);
  const [first = '', ...rest] = wrapWords(safeText(finding.what, 'one line'), width);
  const remedy = finding.remedy === null ? [] : wrapWords(`→ ${safeText(finding.remedy, 'one line')}`, width);
  const head = `${padVisible(colour(finding.state), 4)}  ${padVisible(finding.check, 13)}  ${first}`;
  return [head, ...rest.map((line) => indent + line), ...remedy.map((line) => indent + paint.dim(line))];
}
