import type { RecordedRequest, SentWebhook } from '../../simulation/start-api-simulator.ts';
import { alignColumns, cutLine, padVisible } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted, readableTime } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What a client has to know, as a name and a value to copy. */
export type SetUp = readonly (readonly [name: string, value: string])[];

/** The values to copy, and how to let somebody act. */
export function renderSetUp(title: string, url: string, setUp: SetUp, paint: Paint): string[] {
  const rows = setUp.map(([name, value]) => [paint.dim(name), value]);
  const act = `{"subject":"<id>","who":"<e-mail address>","does":"sign"}`;
  const isGoroute = title === 'GoRoute';
  const example = isGoroute ? '{"subject":"new","who":"network","does":"receive"}' : act;
  return [
    `${paint.bold(`Simulated ${title}`)} at ${paint.cyan(url)} (Ctrl-C ends it)`,
    '',
    ...alignColumns(rows).map((line) => `  ${line}`),
    '',
    paint.dim(isGoroute ? 'To let a document come in:' : 'To let somebody sign, open the signing URL, or:'),
    `  curl -X POST ${url}/simulator/act -H 'content-type: application/json' -d '${example}'`,
    '',
  ];
}

export function renderRequestHeading(width: number, paint: Paint): string {
  return paint.dim(line(['time', 'method', 'path', 'status', 'ms', ''], width).trimEnd());
}

/** `14:02:11  GET  /api/v2/envelope  200  3` and the fault that was put to it. */
export function renderRequest(request: RecordedRequest, width: number, paint: Paint): string {
  const { status, fault } = request;
  const colour = status === null || status >= 500 ? paint.red : status >= 400 ? paint.yellow : paint.green;
  const cells = [
    paint.dim(readableTime(Date.parse(request.at))),
    paint.bold(safeText(request.method, 'one line')),
    cutLine(safeText(request.path, 'one line'), pathWidth(width)),
    colour(status === null ? '–' : String(status)),
    request.tookMs.toFixed(0),
    fault === null ? '' : paint.yellow(fault),
  ];
  return line(cells, width).trimEnd();
}

/** The same for a webhook that it sent. */
export function renderSent(sent: SentWebhook, width: number, paint: Paint): string {
  const colour = sent.acknowledged ? paint.green : paint.red;
  const about = safeText(`${sent.event} ${sent.subject}`, 'one line');
  const cells = [
    paint.dim(readableTime(Date.parse(sent.at))),
    paint.cyan('hook'),
    cutLine(about, pathWidth(width)),
    colour(sent.status === null ? '–' : String(sent.status)),
    '',
    [sent.attempt > 1 ? `try ${sent.attempt}` : '', sent.error ?? ''].filter((text) => text !== '').join(', '),
  ];
  return line(cells, width).trimEnd();
}

export function renderFarewell(requests: number, webhooks: number, paint: Paint): string {
  return paint.dim(`${counted(requests, 'request')}, ${counted(webhooks, 'webhook')}.`);
}

function pathWidth(width: number): number {
  return Math.max(20, width - 40);
}

function line(cells: readonly string[], width: number): string {
  const widths = [8, 6, pathWidth(width), 6, 5];
  return cells.map((cell, index) => padVisible(cell, widths[index] ?? 0)).join('  ');
}
