import { alignColumns, visibleWidth, wrapWords } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { readableDuration, readableSize } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { RejectionAnswer, SourceAnswer } from './source-answers.ts';

type Look = { paint: Paint; width: number };

/** A table where it fits; else each row as a block, its first cell above the others with their headings. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[], look: Look): string[] {
  const [heading = '', ...lines] = alignColumns([headings, ...rows]);
  if (Math.max(...[heading, ...lines].map(visibleWidth)) <= look.width) return [look.paint.dim(heading), ...lines];
  return rows.flatMap(([first = '', ...cells]) => [
    first,
    ...renderFields(
      cells.map((cell, index) => [headings[index + 1] ?? '', cell]),
      look,
      '  ',
    ),
  ]);
}

/** `label  value`, values wrapped beside their labels, or below where there is no room beside. */
export function renderFields(fields: readonly (readonly [string, string])[], look: Look, indent = ''): string[] {
  const labelWidth = Math.max(...fields.map(([label]) => label.length));
  const beside = look.width - indent.length - labelWidth - 2;
  return fields.flatMap(([label, value]) => {
    const lines = value.split('\n').flatMap((line) => wrapWords(line, Math.max(beside, 16)));
    return lines.map((line, index) => {
      const head = look.paint.dim((index === 0 ? label : '').padEnd(labelWidth));
      return `${indent}${head}  ${line}`.trimEnd();
    });
  });
}

/** A list of sources. A table that has no room for the last reasons goes without them, before there are blocks. */
export function renderSources(sources: readonly SourceAnswer[], look: Look): string[] {
  const headings = ['SOURCE', 'PROVIDER', 'STATUS', 'RECEIVED', 'REJECTED', 'NAME'];
  const cells = (withReason: boolean) => sources.map((source) => sourceCells(source, withReason));
  const [full, short] = [cells(true), cells(false)];
  const fits = (rows: string[][]) =>
    alignColumns([headings, ...rows]).every((line) => visibleWidth(line) <= look.width);
  return renderTable(headings, !fits(full) && fits(short) ? short : full, look);
}

function sourceCells(source: SourceAnswer, withReason: boolean): string[] {
  const { received, rejected, lastRejected } = source.activity;
  const why = withReason && lastRejected !== null ? ` ${lastRejected.reason}` : '';
  return [source.id, source.provider, source.status, `${received}`, `${rejected}${why}`, source.name].map((cell) =>
    safeText(cell, 'one line'),
  );
}

/** Everything that one looks for at a source. */
export function renderSource(source: SourceAnswer, look: Look): string[] {
  const { activity } = source;
  const rejected = activity.lastRejected;
  const fields: [string, string][] = [
    ['source', source.id],
    ['url', source.url],
    ['name', source.name],
    ['provider', source.provider],
    ['status', source.status],
    ['proves', source.coverage === null ? 'unknown here' : (meanings[source.coverage] ?? source.coverage)],
    ['secrets', source.credentials.map(renderCredential).join('\n')],
    [
      'options',
      Object.entries(source.options)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join('\n') || 'none',
    ],
    ['allowed', source.allowAddresses?.join('\n') ?? 'from anywhere'],
    ['rate', source.rateLimit === null ? 'no limit' : `${source.rateLimit.perSecond} requests a second`],
    ['bodies', `up to ${readableLimit(source.bodyMaxBytes)}`],
    ['window', `duplicates are recognised for ${readableDuration(source.dedupeWindowSeconds * 1000)}`],
    ['received', `${activity.received}${activity.lastReceivedAt === null ? '' : `, last ${activity.lastReceivedAt}`}`],
    ['again', `${activity.duplicates} that had come before`],
    [
      'rejected',
      rejected === null ? '0' : `${activity.rejected}, last ${rejected.at}: ${rejected.reason}\n${rejected.detail}`,
    ],
  ];
  return renderFields(
    fields.map(([label, value]) => [label, safeText(value, 'lines')] as const),
    look,
  );
}

/** A limit in whole MiB as such: rounded, it would promise more than is taken. */
function readableLimit(sizeBytes: number): string {
  const mebibytes = sizeBytes / 2 ** 20;
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${sizeBytes} bytes`;
}

const meanings: Readonly<Record<string, string>> = {
  body: 'the whole body: it is signed',
  sender: 'who sent it (a shared secret), not that nothing was changed',
  fields: 'a few fields; the rest of the body may be forged',
};

function renderCredential(credential: SourceAnswer['credentials'][number]): string {
  const { name, kind, expiresAt, expired } = credential;
  const ends = expiresAt === null ? '' : `, ${expired ? 'expired' : 'expires'} ${expiresAt}`;
  return `${name} (${kind}${ends})`;
}

/** Two lines: when, how often and why; who, how large and what exactly. Three where the terminal is narrow. */
export function renderRejection(rejection: RejectionAnswer, { paint, width }: Look): string[] {
  const { minute, count, reason, lastDetail, lastAddress, lastSizeBytes } = rejection;
  const at = minute.replace(/:00(?:\.000)?Z$/, 'Z');
  const who = lastAddress === null ? [] : [lastAddress];
  const size = lastSizeBytes === null ? [] : [readableSize(lastSizeBytes)];
  const about = safeText([...who, ...size, lastDetail].join('  '), 'one line');
  const head = `${paint.dim(at)}  ${count}×`;
  const why = paint.red(safeText(reason, 'one line'));
  const fits = visibleWidth(head) + 2 + visibleWidth(why) <= width;
  return [
    ...(fits ? [`${head}  ${why}`] : [head, `  ${why}`]),
    ...wrapWords(about, Math.max(width - 2, 16)).map((line) => `  ${line}`),
  ];
}
