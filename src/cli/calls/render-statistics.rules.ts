import { renderFields, renderTable } from '../sources/render-source.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted, readableDuration, readableSize } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { FiguresAnswer, StatisticsAnswer, ViolationAnswer } from './call-answers.ts';
import { renderHistogram } from './histogram.rules.ts';

type Look = { paint: Paint; width: number };

/** The figures over all, how long calls took as bars, and a table of the groups. */
export function renderStatistics(statistics: StatisticsAnswer, groupedBy: string, look: Look): string[] {
  const { overall, groups, sampledSince } = statistics;
  const bars = renderHistogram(overall.histogram, look);
  const headings = [
    groupedBy.toUpperCase(),
    'CALLS',
    'OK',
    'P50',
    'P95',
    'P99',
    'BYTE P95',
    'RETRIES',
    'POLLING',
    'ERRORS',
  ];
  return [
    ...renderFields(overallFields(statistics), look),
    ...(sampledSince === null
      ? []
      : [look.paint.yellow(`There are more calls; these are the newest, since ${sampledSince}.`)]),
    ...(bars.length === 0 ? [] : ['', ...bars]),
    '',
    ...renderTable(headings, groups.map(groupCells), look),
  ];
}

function overallFields({ since, until, overall }: StatisticsAnswer): [string, string][] {
  const open = [
    ...(overall.running === 0 ? [] : [`${overall.running} running`]),
    ...(overall.unknown === 0 ? [] : [`${overall.unknown} unknown`]),
  ];
  const { violations, served, refused } = overall.polling;
  const fields: [string, string][] = [
    ['from', `${since} to ${until}`],
    ['calls', [String(overall.calls), ...open].join(', ')],
    ['succeeded', `${percent(overall.successRate)}, ${overall.failed} failed`],
    ['took', renderPercentiles(overall.totalMs)],
    ['first byte', renderPercentiles(overall.firstByteMs)],
    ['retries', String(overall.retries)],
    ['bytes', `${readableSize(overall.requestBytes)} sent, ${readableSize(overall.responseBytes)} received`],
    ['cache', counted(overall.fromCache, 'answer')],
    ['polling', `${counted(violations, 'violation')}, ${served} served again, ${refused} refused`],
  ];
  const errors = renderErrors(overall.errors);
  return errors === '' ? fields : [...fields, ['errors', errors]];
}

function groupCells(group: FiguresAnswer & { key: string }): string[] {
  const { totalMs, firstByteMs } = group;
  const duration = (ms: number | undefined): string => (ms === undefined ? '' : readableDuration(ms));
  return [
    safeText(group.key, 'one line'),
    String(group.calls),
    percent(group.successRate),
    duration(totalMs?.p50),
    duration(totalMs?.p95),
    duration(totalMs?.p99),
    duration(firstByteMs?.p95),
    String(group.retries),
    String(group.polling.violations),
    renderErrors(group.errors),
  ];
}

/** `99.4 %`; never 100 while one failed. */
function percent(rate: number | null): string {
  if (rate === null) return '';
  return `${(Math.floor(rate * 1000) / 10).toFixed(1).replace(/\.0$/, '')} %`;
}

function renderPercentiles(values: FiguresAnswer['totalMs']): string {
  if (values === null) return 'nothing went to the provider';
  const { p50, p95, p99 } = values;
  return `half in ${readableDuration(p50)}, 95 % in ${readableDuration(p95)}, 99 % in ${readableDuration(p99)}`;
}

function renderErrors(errors: Record<string, number>): string {
  return Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}

/** A violation as a block: both calls, how long between them, and what to do instead. */
export function renderViolation(violation: ViolationAnswer, look: Look): string[] {
  const { first, second, pattern, minutesBetween, remedy, subject, resource } = violation;
  const agoMs = Date.parse(second.at) - Date.parse(first.at);
  const between = minutesBetween >= 1 ? `${minutesBetween} min` : readableDuration(Math.max(0, agoMs));
  const head = `${look.paint.yellow(safeText(second.operation, 'one line'))}  again after ${between} (${pattern})`;
  const fields: [string, string][] = [
    ['resource', resource ?? second.path],
    ...(subject === null ? [] : [['subject', subject] as [string, string]]),
    ['first', `${first.at}  ${first.id}${first.operation === null ? ', past retention' : ''}`],
    ['second', `${second.at}  ${second.id}`],
    ['instead', remedy],
  ];
  const shown = fields.map(([label, value]) => [label, safeText(value, 'one line')] as const);
  return [head, ...renderFields(shown, look, '  ')];
}
