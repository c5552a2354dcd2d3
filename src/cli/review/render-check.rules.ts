import type { CheckDefinition, Severity } from '../../readiness/check-definition.ts';
import { renderFields, renderTable } from '../sources/render-source.rules.ts';
import { cutLine } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration } from '../terminal/readable.rules.ts';

type Look = { paint: Paint; width: number };

/** The widths of severity and kind, and the gaps. */
const otherColumns = 24;

/** A line for each check, or a block where there is no room for lines. */
export function renderChecks(checks: readonly CheckDefinition[], look: Look): string[] {
  const idWidth = Math.max(0, ...checks.map(({ id }) => id.length));
  const titleWidth = Math.max(30, look.width - idWidth - otherColumns);
  const rows = checks.map(({ id, severity, kind, title }) => [
    id,
    colourOf(severity, look.paint)(severity),
    kind,
    cutLine(title, titleWidth),
  ]);
  return renderTable(['CHECK', 'SEVERITY', 'KIND', 'TRUE WHEN IT PASSES'], rows, look);
}

/** Everything about one check. */
export function renderCheck(
  check: CheckDefinition,
  items: readonly { checklist: string; ref: string; says: string }[],
  look: Look,
): string[] {
  const { paint } = look;
  const { severity, kind, subject, section } = check;
  const fields: [string, string][] = [
    ['check', check.id],
    ['severity', severity],
    ['kind', kind],
    ['about', subject],
    ['section', section],
    ['evidence', check.evidence],
    ...(check.brokenBy === null ? [] : [['broken by', check.brokenBy] as [string, string]]),
    ['remedy', check.remedy],
    ['stale after', readableDuration(check.ttlSeconds * 1000)],
    ['decides', items.map(({ checklist, ref, says }) => `${checklist} ${ref}: ${says}`).join('\n') || 'no item'],
  ];
  return [colourOf(severity, paint)('● ') + paint.bold(check.title), '', ...renderFields(fields, look)];
}

function colourOf(severity: Severity, paint: Paint): (text: string) => string {
  return { blocker: paint.red, major: paint.yellow, minor: paint.dim }[severity];
}
