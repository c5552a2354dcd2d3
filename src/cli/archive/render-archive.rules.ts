import { alignColumns, visibleWidth, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted, readableSize } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { DocumentAnswer, JobAnswer, VerificationAnswer } from './archive-answers.ts';

type Look = { paint: Paint; width: number };
const plain = (text: string): string => safeText(text, 'one line');

export const documentHeadings = ['DOCUMENT', 'STORED', 'KIND', 'SIZE', 'STATE', 'SUBJECT', 'NAME'];

export function documentCells(document: DocumentAnswer, paint: Paint): string[] {
  const { id, storedAt, kind, sizeBytes, state, subject, name } = document;
  const cells = [id, seconds(storedAt), kind, readableSize(sizeBytes)].map(plain);
  return [...cells, state === 'stored' ? state : paint.red(plain(state)), plain(subject), plain(name)];
}

export const jobHeadings = ['JOB', 'STATE', 'ATTEMPTS', 'ERROR', 'DUE', 'SUBJECT'];

export function jobCells(job: JobAnswer, paint: Paint): string[] {
  const { id, state, attempts, lastError, dueAt, subject } = job;
  const isLost = state === 'missing' || state === 'failed';
  return [
    plain(id),
    isLost ? paint.red(state) : plain(state),
    String(attempts),
    plain(lastError ?? '-'),
    dueAt === null ? '-' : plain(seconds(dueAt)),
    plain(subject),
  ];
}

/** A table where it fits; else each row as a block, its first cell above the others with their headings. */
export function renderRows(headings: readonly string[], rows: readonly (readonly string[])[], look: Look): string[] {
  const [heading = '', ...lines] = alignColumns([headings, ...rows]);
  if (Math.max(...[heading, ...lines].map(visibleWidth)) <= look.width) return [look.paint.dim(heading), ...lines];
  const labelWidth = Math.max(...headings.map((label) => label.length));
  return rows.flatMap(([first = '', ...cells]) => [
    first,
    ...cells.map((cell, index) => `  ${look.paint.dim((headings[index + 1] ?? '').padEnd(labelWidth))}  ${cell}`),
  ]);
}

/** Everything that is known of a document. */
export function renderDocument(document: DocumentAnswer, { paint, width }: Look): string[] {
  const fields: [string, string][] = [
    ['document', document.id],
    ['name', document.name],
    ['kind', document.kind],
    ['type', document.contentType],
    ['size', `${document.sizeBytes} bytes`],
    ['sha256', document.sha256],
    ['state', document.state],
    ['stored', document.storedAt],
    ['verified', document.verifiedAt ?? 'not since'],
    ['provider', document.provider],
    ['subject', document.subject],
    ['connection', document.connectionId],
    ['call', document.callId ?? 'unknown'],
    ['job', document.jobId],
  ];
  return fields.flatMap(([label, value]) =>
    wrapWords(plain(value), Math.max(16, width - 12)).map(
      (line, index) => `${paint.dim((index === 0 ? label : '').padEnd(10))}  ${line}`,
    ),
  );
}

/** `[#####.....]  52 %  1,040 of 2,000 documents`, at most `width` columns. */
export function renderProgress({ checked, total }: VerificationAnswer, width: number): string {
  // What was verified meanwhile by itself is not counted, so that a run can end before its total.
  const share = total === 0 ? 1 : Math.min(1, checked / total);
  const said = `${String(Math.floor(share * 100)).padStart(3)} %  ${checked} of ${counted(total, 'document')}`;
  const room = Math.min(40, width - said.length - 4);
  if (room < 5) return said;
  const full = Math.round(share * room);
  return `[${'#'.repeat(full)}${'.'.repeat(room - full)}]  ${said}`;
}

/** @param isAll what was found whole lately was read as well, and not passed over */
export function renderVerdict(run: VerificationAnswer, paint: Paint, isAll: boolean): string[] {
  const { checked, damaged, missing } = run;
  if (checked === 0 && damaged + missing === 0) {
    if (isAll) return ['There is no document in the archive.'];
    return ['No document was due: what was found whole in the last 24 hours is passed over. --all reads it too.'];
  }
  if (damaged + missing === 0) return [paint.green(`${counted(checked, 'document')} verified, all whole.`)];
  const bad = Object.entries({ damaged, missing }).filter(([, count]) => count > 0);
  const found = bad.map(([state, count]) => `${count} ${state}`).join(', ');
  return [
    paint.red(`${counted(checked, 'document')} verified: ${found}.`),
    ...bad.map(([state]) => `See posthorn archive list --state ${state}; show names the job to retry.`),
  ];
}

function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
