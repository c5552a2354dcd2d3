import { cutLine, padVisible } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration, readableSize, readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import { type Forwarded, isSuccess } from './forwarded.rules.ts';

export type Row = {
  atMs: number;
  id: string;
  type: string;
  /** The name of its source, or `api`. */
  source: string;
  sizeBytes: number;
  /** From 1; 2 and more when it was sent again. */
  attempt: number;
  /** Null when nothing is forwarded. */
  forwarded: Forwarded | null;
};

type Style = { paint: Paint; width: number };

const gap = '  ';
const [timeWidth, statusWidth, lastWidth, idWidth] = [8, 11, 8, 30];
const indent = ' '.repeat(timeWidth + gap.length);

/** The headings of the table. */
export function renderHeadings(forwards: boolean, { paint, width }: Style): string {
  const cells = ['TIME', 'TYPE', 'SOURCE', ...(forwards ? ['STATUS', 'TOOK'] : ['SIZE']), 'EVENT'];
  return paint.dim(inColumns(cells, forwards, width));
}

/** One event as a line, and below it why it failed. */
export function renderRow(row: Row, { paint, width }: Style): string[] {
  const { forwarded } = row;
  const told = [readableTime(row.atMs), safeText(row.type, 'one line'), safeText(row.source, 'one line')];
  const id = paint.dim(safeText(row.id, 'one line'));
  if (forwarded === null) return [inColumns([...told, readableSize(row.sizeBytes), id], false, width)];
  const said = `${forwarded.status ?? forwarded.error}${row.attempt > 1 ? ` (${row.attempt})` : ''}`;
  const status = isSuccess(forwarded) ? paint.green(said) : paint.red(said);
  const line = inColumns([...told, status, readableDuration(forwarded.durationMs), id], true, width);
  if (isSuccess(forwarded) || forwarded.detail === null) return [line];
  const [why = ''] = safeText(forwarded.detail, 'lines').split('\n');
  return [line, indent + paint.red(cutLine(why, Math.max(20, width - indent.length)))];
}

/** Type and source share what the others leave; the id only stands where there is room for it. */
function inColumns(cells: readonly string[], forwards: boolean, width: number): string {
  const fixed = [timeWidth, ...(forwards ? [statusWidth, lastWidth] : [lastWidth])];
  const taken = fixed.reduce((sum, each) => sum + each + gap.length, 0) + gap.length;
  const showsId = width - taken - idWidth - gap.length >= 32;
  const room = Math.max(20, width - taken - (showsId ? idWidth + gap.length : 0));
  const typeWidth = Math.ceil(room * 0.6);
  const sourceWidth = room - typeWidth;
  const [time = '', type = '', source = '', ...rest] = cells;
  const last = rest.pop() ?? '';
  const padded = [time, cell(type, typeWidth), cell(source, sourceWidth)];
  for (const [index, text] of rest.entries()) padded.push(padVisible(text, fixed[index + 1] ?? 0));
  padded[0] = padVisible(time, timeWidth);
  return [...padded, ...(showsId ? [last] : [])].join(gap).trimEnd();
}

function cell(text: string, width: number): string {
  return padVisible(cutLine(text, width), width);
}
