import { padVisible, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import { isStop, mustStop, verdictOf } from './verdict.rules.ts';
import type { VerifiedCheck } from './verified-check.ts';

type Style = { paint: Paint; width: number };

/** A check as lines: its verdict, what it is about, what was seen, and below a failure how to mend it. */
export function renderCheck(check: VerifiedCheck, { paint, width }: Style): string[] {
  const verdict = verdictOf(check);
  const colour = { OK: paint.green, FAIL: paint.red, SKIP: paint.yellow }[verdict];
  const { kind, id, name } = check.subject;
  const about = kind === id ? '' : ` (${name === 'the team' ? id : `${name}, ${id}`})`;
  const head = `${padVisible(colour(verdict), 4)}  ${check.check}${safeText(about, 'one line')}`;
  if (verdict === 'OK') return [head];
  const seen = (check.state === 'stale' ? check.because : (check.seen ?? check.because)) ?? '';
  const remedy = verdict === 'FAIL' ? (check.remedy ?? '') : '';
  const command = check.command ?? '';
  // A call of the API, or a page to open, is nothing to paste into a shell.
  const prompt = /^(?:posthorn|npm) /.test(command) ? '$ ' : '';
  const more = [seen, remedy === '' ? '' : `→ ${remedy}`, command === '' ? '' : `${prompt}${command}`];
  const lines = more
    .filter((text) => text !== '')
    .flatMap((text) => wrapWords(safeText(text, 'one line'), Math.max(30, width - 6)));
  return [head, ...lines.map((line) => paint.dim(`      ${line}`))];
}

/** A line of a connection, which says what was seen when all is well, too. */
export function renderProviderCheck(check: VerifiedCheck, style: Style): string[] {
  const [head = '', ...rest] = renderCheck(check, style);
  const seen = verdictOf(check) === 'OK' ? `: ${safeText(check.seen ?? '', 'one line')}` : '';
  return [`${head}${seen}`, ...rest];
}

/** The last line: how many of each, and whether that stops a deployment. */
export function renderSum(checks: readonly VerifiedCheck[], waiting: number): string {
  const count = (verdict: string): number => checks.filter((check) => verdictOf(check) === verdict).length;
  const failed = count('FAIL');
  const blockers = checks.filter(isStop).length;
  const stop = mustStop(checks) ? ` ${counted(blockers, 'blocker')} among them: do not deploy.` : '';
  const rest =
    waiting === 0 ? '' : ` ${counted(waiting, 'more check')} cannot be decided here: posthorn review coverage.`;
  return `${count('OK')} OK, ${failed} FAIL, ${count('SKIP')} SKIP.${stop}${rest}`;
}
