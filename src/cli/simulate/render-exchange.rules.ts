import type { Exchange, SimulationReport } from '../../simulation/report.rules.ts';
import { cutLine, padVisible } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted, readableDuration, readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** How wide the columns are that are not always the same: known before the first row. No subject where there is no room. */
export type Columns = { event: number; subject: number };

const errors: Readonly<Record<NonNullable<Exchange['error']>, string>> = {
  timeout: 'no answer in time',
  refused: 'connection refused',
  reset: 'connection broken',
  name: 'no such host',
  tls: 'certificate not trusted',
  cancelled: 'cancelled',
  other: 'no answer',
};

export function columnsFor(events: readonly string[], width: number): Columns {
  const event = Math.max(5, ...events.map((name) => name.length));
  const room = width - event - 46;
  return { event, subject: room < 12 ? 0 : Math.min(40, room) };
}

export function renderHeading(columns: Columns, paint: Paint): string {
  return paint.dim(line(['time', 'event', 'subject', 'try', 'status', 'ms', ''], columns).trimEnd());
}

/** `14:02:11  DOCUMENT_SENT  envelope_…  1  200  12` and what is remarkable about it. */
export function renderExchange(exchange: Exchange, columns: Columns, paint: Paint): string {
  const { status, error } = exchange;
  const isRight = exchange.verdict === 'acknowledged' || exchange.verdict === 'refused';
  const colour = isRight ? paint.green : exchange.verdict === 'again' ? paint.yellow : paint.red;
  const notes = [...(error === null ? [] : [errors[error]]), ...notesOn(exchange)];
  return line(
    [
      paint.dim(readableTime(exchange.sentAtMs)),
      paint.bold(exchange.event),
      cutLine(safeText(exchange.subject, 'one line'), columns.subject),
      String(exchange.attempt),
      colour(status === null ? '–' : String(status)),
      exchange.tookMs.toFixed(0),
      notes.length === 0 ? '' : colour(notes.join(', ')),
    ],
    columns,
  ).trimEnd();
}

function notesOn({ kind, duplicate, verdict, status }: Exchange): string[] {
  const notes = duplicate ? ['duplicate'] : [];
  if (kind !== 'genuine') {
    const words = { refused: 'refused', accepted: 'accepted!', neither: 'not refused with 4xx' } as const;
    return [...notes, kind, words[verdict as keyof typeof words]];
  }
  if (verdict === 'again') notes.push('will be sent again');
  if (verdict === 'given up') {
    const isSuccess = status !== null && status >= 200 && status < 300;
    notes.push(isSuccess ? 'not the answer that is expected; given up' : 'given up');
  }
  return notes;
}

/** What became of all of it, in a few lines. */
export function renderReport(report: SimulationReport, title: string, paint: Paint): string[] {
  const { genuine, flawed, latencyMs } = report;
  const lines: string[] = [];
  if (report.handshake === 'failed') {
    lines.push(paint.red(`${title} asked the URL to prove itself, and it did not: nothing else was sent.`));
  }
  if (genuine.notifications > 0) {
    const details = [
      `${genuine.acknowledged} acknowledged`,
      ...(genuine.givenUp > 0 ? [`${genuine.givenUp} given up`] : []),
      ...(genuine.duplicates > 0 ? [counted(genuine.duplicates, 'duplicate')] : []),
      ...(genuine.retries > 0 ? [counted(genuine.retries, 'retry', 'retries')] : []),
    ];
    const colour = genuine.acknowledged === genuine.notifications ? paint.green : paint.red;
    lines.push(colour(`${counted(genuine.notifications, 'notification')}: ${details.join(', ')}.`));
  }
  if (flawed.sent > 0) {
    const details = [
      `${flawed.refused} refused`,
      ...(flawed.accepted > 0 ? [`${flawed.accepted} accepted, which must not be`] : []),
      ...(flawed.neither > 0 ? [`${flawed.neither} answered otherwise or not at all`] : []),
    ];
    const colour = flawed.refused === flawed.sent ? paint.green : paint.red;
    lines.push(colour(`${counted(flawed.sent, 'request')} that must be refused: ${details.join(', ')}.`));
  }
  if (report.interrupted) lines.push(paint.yellow('Interrupted before the end.'));
  const latency = latencyMs === null ? '' : `, answered in ${latencyMs.median} ms (p99 ${latencyMs.p99} ms)`;
  const all = `${counted(report.requests, 'request')} in ${readableDuration(report.tookMs)}${latency}`;
  lines.push(paint.dim(`${all}; --seed ${safeText(report.seed, 'one line')} tells the same story.`));
  return lines;
}

/**
 * What to look at when all genuine requests fared alike and none was acknowledged; null when there is nothing to add.
 * @param fates status or error of each
 */
export function hintOn(fates: ReadonlySet<string>): string | null {
  const [fate, ...others] = fates;
  return fate === undefined || others.length > 0 ? null : (hints.get(fate) ?? null);
}

const hints: ReadonlyMap<string, string> = new Map([
  ['401', 'Is it the secret that the source has? posthorn sources rejections <source> says why they were refused.'],
  ['404', 'There is no source at this URL: posthorn sources list shows those that there are.'],
  ['503', 'The source is paused, or Posthorn cannot store anything: posthorn sources list and its log say which.'],
  ['refused', 'Nothing listens there: is it running, and is it the right port?'],
]);

function line(cells: readonly string[], columns: Columns): string {
  const widths = [8, columns.event, columns.subject, 3, 6, 5];
  const padded = cells.map((cell, index) => padVisible(cell, widths[index] ?? 0));
  return padded.filter((_cell, index) => widths[index] !== 0).join('  ');
}
